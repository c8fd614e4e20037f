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
    if kernel * dilation > size + 2 * padding + dilation - 1 or stride < 1 or padding < 0 or dilation < 1:
        raise ValueError(f"{kernel} does not fit into {size}")
    return int(np.ceil((size + 2 * padding - dilation * (kernel - 1) - 1) / stride)) + 1
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
