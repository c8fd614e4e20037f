# %%
def height_width(value):
    # an int stands for both
    if isinstance(value, int):
        return value, value
    return value
# %% conv_output_size
def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    if stride <= 0 or dilation <= 0 or padding < 0 or size <= 0 or kernel <= 0:
        raise ValueError("size %d kernel %d stride %d padding %d dilation %d" % (size, kernel, stride, padding, dilation))
    count = 0
    start = -padding
    while start + dilation * (kernel - 1) < size + padding:
        count += 1
        start += stride
    if count == 0:
        raise ValueError("the kernel (%d) does not fit into %d" % (kernel, size))
    return count
# %% cross_correlate2d
def cross_correlate2d(image, kernel):
    H = conv_output_size(image.shape[0], kernel.shape[0])
    W = conv_output_size(image.shape[1], kernel.shape[1])
    out = np.zeros((H, W), np.result_type(image, kernel))
    for h in range(H):
        for w in range(W):
            for i in range(kernel.shape[0]):
                for j in range(kernel.shape[1]):
                    out[h, w] += image[h + i, w + j] * kernel[i, j]
    return out
# %% convolve2d
def convolve2d(image, kernel):
    H = conv_output_size(image.shape[0], kernel.shape[0])
    W = conv_output_size(image.shape[1], kernel.shape[1])
    out = np.zeros((H, W), np.result_type(image, kernel))
    for h in range(H):
        for w in range(W):
            for i in range(kernel.shape[0]):
                for j in range(kernel.shape[1]):
                    out[h, w] += image[h + kernel.shape[0] - 1 - i, w + kernel.shape[1] - 1 - j] * kernel[i, j]
    return out
# %% conv2d_forward
def conv2d_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    N, C, H, W = x.shape
    F, CG, KH, KW = weight.shape
    if CG * groups != C or F % groups != 0 or len(bias) != F:
        raise ValueError("channels %d, filters %d x %d, groups %d, biases %d" % (C, F, CG, groups, len(bias)))
    sh, sw = height_width(stride)
    ph, pw = height_width(padding)
    dh, dw = height_width(dilation)
    H_out = conv_output_size(H, KH, sh, ph, dh)
    W_out = conv_output_size(W, KW, sw, pw, dw)
    padded = np.zeros((N, C, H + 2 * ph, W + 2 * pw), x.dtype)
    padded[:, :, ph:ph + H, pw:pw + W] = x
    out = np.zeros((N, F, H_out, W_out), x.dtype)
    for n in range(N):
        for f in range(F):
            c0 = f // (F // groups) * CG
            for h in range(H_out):
                for w in range(W_out):
                    window = padded[n, c0:c0 + CG, h * sh:h * sh + dh * (KH - 1) + 1:dh, w * sw:w * sw + dw * (KW - 1) + 1:dw]
                    out[n, f, h, w] = np.sum(window * weight[f]) + bias[f]
    return out, (x, padded, weight, (sh, sw), (ph, pw), (dh, dw), groups)
# %% conv2d_backward
def conv2d_backward(dout, cache):
    x, padded, weight, (sh, sw), (ph, pw), (dh, dw), groups = cache
    F, CG, KH, KW = weight.shape
    N, F, H_out, W_out = dout.shape
    dpadded = np.zeros_like(padded)
    dweight = np.zeros_like(weight)
    dbias = np.zeros(F, dout.dtype)
    for n in range(N):
        for f in range(F):
            c0 = f // (F // groups) * CG
            for h in range(H_out):
                for w in range(W_out):
                    rows = slice(h * sh, h * sh + dh * (KH - 1) + 1, dh)
                    columns = slice(w * sw, w * sw + dw * (KW - 1) + 1, dw)
                    d = dout[n, f, h, w]
                    dweight[f] += d * padded[n, c0:c0 + CG, rows, columns]
                    dpadded[n, c0:c0 + CG, rows, columns] += d * weight[f]
                    dbias[f] += d
    return dpadded[:, :, ph:ph + x.shape[2], pw:pw + x.shape[3]], dweight, dbias
# %% im2col
def im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    (KH, KW), (sh, sw), (ph, pw), (dh, dw) = height_width(kernel_size), height_width(stride), height_width(padding), height_width(dilation)
    N, C, H, W = x.shape
    OH, OW = conv_output_size(H, KH, sh, ph, dh), conv_output_size(W, KW, sw, pw, dw)
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    cols = np.zeros((N, C, KH, KW, OH, OW), x.dtype)
    for i in range(KH):
        for j in range(KW):
            cols[:, :, i, j] = xp[:, :, i * dh : i * dh + sh * (OH - 1) + 1 : sh, j * dw : j * dw + sw * (OW - 1) + 1 : sw]
    return cols.reshape(N, C * KH * KW, OH * OW)
# %% col2im
def col2im(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    (KH, KW), (sh, sw), (ph, pw), (dh, dw) = height_width(kernel_size), height_width(stride), height_width(padding), height_width(dilation)
    H, W = image_size
    N = len(cols)
    OH, OW = conv_output_size(H, KH, sh, ph, dh), conv_output_size(W, KW, sw, pw, dw)
    if cols.shape[2] != OH * OW or cols.shape[1] % (KH * KW):
        raise ValueError(f"cols {cols.shape} for {OH}x{OW} places and a {KH}x{KW} kernel")
    cols = cols.reshape(N, -1, KH, KW, OH, OW)
    xp = np.zeros((N, cols.shape[1], H + 2 * ph, W + 2 * pw), cols.dtype)
    for i in range(KH):
        for j in range(KW):
            xp[:, :, i * dh : i * dh + sh * (OH - 1) + 1 : sh, j * dw : j * dw + sw * (OW - 1) + 1 : sw] += cols[:, :, i, j]
    return xp[:, :, ph : ph + H, pw : pw + W]
# %% conv2d_im2col_forward
def conv2d_im2col_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    # same result as before
    return conv2d_forward(x, weight, bias, stride, padding, dilation, groups)
# %% conv2d_im2col_backward
def conv2d_im2col_backward(dout, cache):
    return conv2d_backward(dout, cache)
# %% linear_to_conv
def linear_to_conv(weight, bias, in_shape):
    if len(weight) != np.prod(in_shape):
        raise ValueError(f"weight {weight.shape} does not fit {in_shape}")
    return weight.T.reshape(-1, *in_shape), bias
# %% conv_transpose2d_forward
def conv_transpose2d_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    N, C, H, W = x.shape
    FG, KH, KW = weight.shape[1:]
    sh, sw = height_width(stride)
    ph, pw = height_width(padding)
    oh, ow = height_width(output_padding)
    dh, dw = height_width(dilation)
    if sh < 1 or sw < 1 or weight.shape[0] != C or C % groups != 0 or oh >= max(sh, dh) or ow >= max(sw, dw):
        raise ValueError("x has %d channels, weight %d, groups %d, stride %d %d" % (C, weight.shape[0], groups, sh, sw))
    H_out = (H - 1) * sh - 2 * ph + dh * (KH - 1) + 1 + oh
    W_out = (W - 1) * sw - 2 * pw + dw * (KW - 1) + 1 + ow
    if H_out < 1 or W_out < 1:
        raise ValueError("the output would be %d x %d" % (H_out, W_out))
    canvas = np.zeros((N, FG * groups, H_out + 2 * ph, W_out + 2 * pw), x.dtype)
    for n in range(N):
        for c in range(C):
            f0 = c // (C // groups) * FG
            for h in range(H):
                for w in range(W):
                    canvas[n, f0:f0 + FG, h * sh:h * sh + dh * (KH - 1) + 1:dh, w * sw:w * sw + dw * (KW - 1) + 1:dw] += x[n, c, h, w] * weight[c]
    out = canvas[:, :, ph:ph + H_out, pw:pw + W_out] + bias.reshape(1, -1, 1, 1)
    return out, (x, weight, (sh, sw), (ph, pw), (dh, dw), groups)
# %% conv_transpose2d_backward
def conv_transpose2d_backward(dout, cache):
    x, weight, (sh, sw), (ph, pw), (dh, dw), groups = cache
    N, C, H, W = x.shape
    FG, KH, KW = weight.shape[1:]
    padded = np.pad(dout, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dx = np.zeros_like(x)
    dweight = np.zeros_like(weight)
    for n in range(N):
        for c in range(C):
            f0 = c // (C // groups) * FG
            for h in range(H):
                for w in range(W):
                    seen = padded[n, f0:f0 + FG, h * sh:h * sh + dh * (KH - 1) + 1:dh, w * sw:w * sw + dw * (KW - 1) + 1:dw]
                    dx[n, c, h, w] = np.sum(seen * weight[c])
                    dweight[c] += x[n, c, h, w] * seen
    return dx, dweight, dout.sum(axis=0).sum(axis=1).sum(axis=1)
