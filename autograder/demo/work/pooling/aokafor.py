# %%
from numpy.lib.stride_tricks import sliding_window_view


def two(value):
    return (value, value) if np.isscalar(value) else value


def windows(x, kernel, stride, padding, border):
    kernel, stride, (ph, pw) = two(kernel), two(kernel if stride is None else stride), two(padding)
    padded = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=border)
    if padded.shape[2] < kernel[0] or padded.shape[3] < kernel[1]:
        raise ValueError(f"a window of {kernel} is larger than the padded image, {padded.shape[2:]}")
    return sliding_window_view(padded, kernel, axis=(2, 3))[:, :, ::stride[0], ::stride[1]], padded.shape
# %% max_pool2d_forward
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    seen, padded = windows(x, kernel_size, stride, padding, -np.inf)
    flat = seen.reshape(*seen.shape[:4], -1)
    return flat.max(axis=-1), (flat.argmax(axis=-1), x.shape, padded, kernel_size, stride, padding)
# %% max_pool2d_backward
def max_pool2d_backward(dout, cache):
    best, shape, padded, kernel, stride, padding = cache
    kernel, stride, (ph, pw) = two(kernel), two(kernel if stride is None else stride), two(padding)
    n, c, h, w = np.ogrid[tuple(map(slice, dout.shape))]
    i, j = np.divmod(best, kernel[1])
    dx = np.zeros(padded, dtype=dout.dtype)
    np.add.at(dx, (n, c, h * stride[0] + i, w * stride[1] + j), dout)
    return dx[:, :, ph:ph + shape[2], pw:pw + shape[3]]
# %% avg_pool2d_forward
def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    seen, padded = windows(x, kernel_size, stride, padding, 0)
    return seen.mean(axis=(4, 5)), (x.shape, padded, kernel_size, stride, padding)
# %% avg_pool2d_backward
def avg_pool2d_backward(dout, cache):
    shape, padded, kernel, stride, padding = cache
    (kh, kw), (sh, sw), (ph, pw) = two(kernel), two(kernel if stride is None else stride), two(padding)
    dx = np.zeros(padded, dtype=dout.dtype)
    for h, w in np.ndindex(dout.shape[2:]):
        dx[:, :, h * sh:h * sh + kh, w * sw:w * sw + kw] += dout[:, :, h:h + 1, w:w + 1] / (kh * kw)
    return dx[:, :, ph:ph + shape[2], pw:pw + shape[3]]
# %% global_avg_pool2d_forward
def global_avg_pool2d_forward(x):
    return x.mean(axis=(2, 3)), x.shape
# %% global_avg_pool2d_backward
def global_avg_pool2d_backward(dout, cache):
    n, c, h, w = cache
    return np.broadcast_to(dout[:, :, None, None] / (h * w), cache)
