# %%
def two(v):
    return v if isinstance(v, tuple) else (v, v)
# %% conv_output_size
def conv_output_size(size, kernel, stride=1, padding=0, dilation=1):
    reach = dilation * (kernel - 1) + 1
    if min(size, kernel, stride, dilation) < 1 or padding < 0 or reach > size + 2 * padding:
        raise ValueError(f"kernel {kernel} (dilation {dilation}) and size {size} (padding {padding}, stride {stride})")
    return (size + 2 * padding - reach) // stride + 1
# %% cross_correlate2d
def cross_correlate2d(image, kernel):
    if kernel.shape[0] > image.shape[0] or kernel.shape[1] > image.shape[1]:
        raise ValueError(f"kernel {kernel.shape} is larger than image {image.shape}")
    windows = np.lib.stride_tricks.sliding_window_view(image, kernel.shape)
    return np.einsum("hwij,ij->hw", windows, kernel)
# %% convolve2d
def convolve2d(image, kernel):
    return cross_correlate2d(image, kernel[::-1, ::-1])
# %% conv2d_forward
def conv2d_forward(x, weight, bias, stride=1, padding=0, dilation=1, groups=1):
    N, C, H, W = x.shape
    F, CG, KH, KW = weight.shape
    if C != CG * groups or F % groups or bias.shape != (F,):
        raise ValueError(f"x {x.shape}, weight {weight.shape}, bias {bias.shape}, groups {groups}")
    (sh, sw), (ph, pw), (dh, dw) = two(stride), two(padding), two(dilation)
    OH, OW = conv_output_size(H, KH, sh, ph, dh), conv_output_size(W, KW, sw, pw, dw)
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    out = np.zeros((N, groups, F // groups, OH, OW), x.dtype)
    w = weight.reshape(groups, F // groups, CG, KH, KW)
    for i in range(KH):
        for j in range(KW):
            part = xp[:, :, i * dh : i * dh + sh * (OH - 1) + 1 : sh, j * dw : j * dw + sw * (OW - 1) + 1 : sw]
            out += np.einsum("ngchw,gfc->ngfhw", part.reshape(N, groups, CG, OH, OW), w[..., i, j])
    return out.reshape(N, F, OH, OW) + bias[:, None, None], (x, weight, stride, padding, dilation, groups)
# %% conv2d_backward
def conv2d_backward(dout, cache):
    x, weight, stride, padding, dilation, groups = cache
    N, C, H, W = x.shape
    F, CG, KH, KW = weight.shape
    (sh, sw), (ph, pw), (dh, dw) = two(stride), two(padding), two(dilation)
    OH, OW = dout.shape[2:]
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    dxp, dw_ = np.zeros_like(xp), np.zeros_like(weight).reshape(groups, F // groups, CG, KH, KW)
    w = weight.reshape(dw_.shape)
    d = dout.reshape(N, groups, F // groups, OH, OW)
    for i in range(KH):
        for j in range(KW):
            rows = slice(i * dh, i * dh + sh * (OH - 1) + 1, sh)
            cols = slice(j * dw, j * dw + sw * (OW - 1) + 1, sw)
            dw_[..., i, j] = np.einsum("ngchw,ngfhw->gfc", xp[:, :, rows, cols].reshape(N, groups, CG, OH, OW), d)
            dxp[:, :, rows, cols] += np.einsum("ngfhw,gfc->ngchw", d, w[..., i, j]).reshape(N, C, OH, OW)
    return dxp[:, :, ph : ph + H, pw : pw + W], dw_.reshape(weight.shape), dout.sum((0, 1, 2))
