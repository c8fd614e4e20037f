# %%
from numpy.lib.stride_tricks import sliding_window_view


def pair(v):
    return (v, v) if np.ndim(v) == 0 else tuple(v)


def windows_of(x, kernel, stride, padding, dilation):
    """(N, C, H', W', KH, KW), a view of the padded x"""
    (kh, kw), (sh, sw), (ph, pw), (dh, dw) = map(pair, (kernel, stride, padding, dilation))
    if min(sh, sw, dh, dw) < 1 or min(ph, pw) < 0:
        raise ValueError(f"stride {stride}, padding {padding}, dilation {dilation}")
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    return sliding_window_view(xp, (dh * (kh - 1) + 1, dw * (kw - 1) + 1), (2, 3))[:, :, ::sh, ::sw, ::dh, ::dw]
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
    F, CG, KH, KW = weight.shape
    if x.shape[1] != CG * groups or F % groups or len(bias) != F:
        raise ValueError(f"{x.shape}, {weight.shape}, {bias.shape}, {groups} groups")
    win = windows_of(x, (KH, KW), stride, padding, dilation)
    parts = [np.einsum("nchwij,fcij->nfhw", p, w, optimize=True)
             for p, w in zip(np.split(win, groups, 1), np.split(weight, groups, 0))]
    return np.concatenate(parts, 1) + bias[:, None, None], dict(x=x, w=weight, s=stride, p=padding, d=dilation, g=groups)
# %% conv2d_backward
def conv2d_backward(dout, cache):
    x, weight, g = cache["x"], cache["w"], cache["g"]
    s, p, d = (pair(cache[k]) for k in "spd")
    N, C, H, W = x.shape
    KH, KW = weight.shape[2:]
    win = windows_of(x, (KH, KW), s, p, d)
    douts, weights = np.split(dout, g, 1), np.split(weight, g, 0)
    dweight = np.concatenate([np.einsum("nchwij,nfhw->fcij", a, b, optimize=True)
                              for a, b in zip(np.split(win, g, 1), douts)])
    dwin = np.concatenate([np.einsum("nfhw,fcij->nchwij", a, b, optimize=True) for a, b in zip(douts, weights)], 1)
    dxp = np.zeros((N, C, H + 2 * p[0], W + 2 * p[1]), x.dtype)
    for h in range(dout.shape[2]):
        for w in range(dout.shape[3]):
            top, left = h * s[0], w * s[1]
            dxp[:, :, top : top + d[0] * (KH - 1) + 1 : d[0], left : left + d[1] * (KW - 1) + 1 : d[1]] += dwin[:, :, h, w]
    return dxp[:, :, p[0] : p[0] + H, p[1] : p[1] + W], dweight, np.einsum("nfhw->f", dout)
# %% im2col
def im2col(x, kernel_size, stride=1, padding=0, dilation=1):
    win = windows_of(x, kernel_size, stride, padding, dilation)
    N, C, OH, OW, KH, KW = win.shape
    return win.transpose(0, 1, 4, 5, 2, 3).reshape(N, C * KH * KW, OH * OW)
# %% col2im
def col2im(cols, image_size, kernel_size, stride=1, padding=0, dilation=1):
    (KH, KW), (sh, sw), (ph, pw), (dh, dw) = pair(kernel_size), pair(stride), pair(padding), pair(dilation)
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
    N, C, H, W = x.shape
    F, CG, KH, KW = weight.shape
    if C != CG * groups or F % groups or bias.shape != (F,):
        raise ValueError(f"x {x.shape}, weight {weight.shape}, bias {bias.shape}, groups {groups}")
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    OH, OW = conv_output_size(H, KH, sh, ph, dh), conv_output_size(W, KW, sw, pw, dw)
    cols = im2col(x, (KH, KW), stride, padding, dilation).reshape(N, groups, CG * KH * KW, OH * OW)
    w = weight.reshape(groups, F // groups, -1)
    out = (w @ cols).reshape(N, F, OH, OW) + bias[:, None, None]
    return out, (x.shape, weight, cols, stride, padding, dilation, groups)
# %% conv2d_im2col_backward
def conv2d_im2col_backward(dout, cache):
    shape, weight, cols, stride, padding, dilation, groups = cache
    N, F = dout.shape[:2]
    d = dout.reshape(N, groups, F // groups, -1)
    w = weight.reshape(groups, F // groups, -1)
    dw = (d @ cols.swapaxes(2, 3)).sum(0).reshape(weight.shape)
    dcols = (w.swapaxes(1, 2) @ d).reshape(N, -1, d.shape[-1])
    return col2im(dcols, shape[2:], weight.shape[2:], stride, padding, dilation), dw, dout.sum((0, 2, 3))
# %% linear_to_conv
def linear_to_conv(weight, bias, in_shape):
    if len(weight) != np.prod(in_shape):
        raise ValueError(f"weight {weight.shape} does not fit {in_shape}")
    return weight.T.reshape(-1, *in_shape), bias
# %% conv_transpose2d_forward
def conv_transpose2d_forward(x, weight, bias, stride=1, padding=0, output_padding=0, dilation=1, groups=1):
    N, C, H, W = x.shape
    FG, KH, KW = weight.shape[1:]
    (sh, sw), (ph, pw), (oh, ow), (dh, dw) = pair(stride), pair(padding), pair(output_padding), pair(dilation)
    OH = (H - 1) * sh - 2 * ph + dh * (KH - 1) + 1 + oh
    OW = (W - 1) * sw - 2 * pw + dw * (KW - 1) + 1 + ow
    if len(weight) != C or C % groups or min(OH, OW, sh, sw) < 1 or oh >= max(sh, dh) or ow >= max(sw, dw):
        raise ValueError(f"x {x.shape}, weight {weight.shape}, groups {groups}, output {OH}x{OW}")
    canvas = np.zeros((N, groups * FG, OH + 2 * ph, OW + 2 * pw), x.dtype)
    xg, w = x.reshape(N, groups, -1, H, W), weight.reshape(groups, -1, FG, KH, KW)
    for i in range(KH):
        for j in range(KW):
            rows, cols = slice(i * dh, i * dh + sh * (H - 1) + 1, sh), slice(j * dw, j * dw + sw * (W - 1) + 1, sw)
            canvas[:, :, rows, cols] += np.einsum("ngchw,gcf->ngfhw", xg, w[..., i, j]).reshape(N, -1, H, W)
    out = canvas[:, :, ph : ph + OH, pw : pw + OW] + bias[:, None, None]
    return out, (x, weight, stride, padding, dilation, groups)
# %% conv_transpose2d_backward
def conv_transpose2d_backward(dout, cache):
    x, weight, stride, padding, dilation, groups = cache
    N, C, H, W = x.shape
    FG, KH, KW = weight.shape[1:]
    (sh, sw), (ph, pw), (dh, dw) = pair(stride), pair(padding), pair(dilation)
    dp = np.pad(dout, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
    xg, w = x.reshape(N, groups, -1, H, W), weight.reshape(groups, -1, FG, KH, KW)
    dx, dweight = np.zeros_like(xg), np.zeros_like(w)
    for i in range(KH):
        for j in range(KW):
            part = dp[:, :, i * dh : i * dh + sh * (H - 1) + 1 : sh, j * dw : j * dw + sw * (W - 1) + 1 : sw]
            part = part.reshape(N, groups, FG, H, W)
            dx += np.einsum("ngfhw,gcf->ngchw", part, w[..., i, j])
            dweight[..., i, j] = np.einsum("ngchw,ngfhw->gcf", xg, part)
    return dx.reshape(x.shape), dweight.reshape(weight.shape), dout.sum((0, 2, 3))
