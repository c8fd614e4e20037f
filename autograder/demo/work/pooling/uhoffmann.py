# %%
def as_pair(v):
    if isinstance(v, int):
        return v, v
    return v
# %% max_pool2d_forward
def max_pool2d_forward(x, kernel_size, stride=None, padding=0):
    if stride is None:
        stride = kernel_size
    kh, kw = as_pair(kernel_size)
    sh, sw = as_pair(stride)
    ph, pw = as_pair(padding)
    N, C, H, W = x.shape
    if kh > H + 2 * ph or kw > W + 2 * pw:
        raise ValueError(f"window {(kh, kw)} does not fit into {(H, W)} with padding {(ph, pw)}")
    Ho = (H + 2 * ph - kh) // sh + 1
    Wo = (W + 2 * pw - kw) // sw + 1
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=-np.inf)
    out = np.zeros((N, C, Ho, Wo), dtype=x.dtype)
    for i in range(Ho):
        for j in range(Wo):
            window = xp[:, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
            out[:, :, i, j] = window.max(axis=(2, 3))
    return out, (xp, x.shape, kh, kw, sh, sw, ph, pw)
# %% max_pool2d_backward
def max_pool2d_backward(dout, cache):
    xp, (N, C, H, W), kh, kw, sh, sw, ph, pw = cache
    dx = np.zeros_like(xp)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    window = xp[n, c, i * sh:i * sh + kh, j * sw:j * sw + kw]
                    r, s = np.unravel_index(np.argmax(window), window.shape)
                    dx[n, c, i * sh + r, j * sw + s] = dout[n, c, i, j]
    return dx[:, :, ph:ph + H, pw:pw + W]
# %% avg_pool2d_forward
def avg_pool2d_forward(x, kernel_size, stride=None, padding=0):
    if stride is None:
        stride = kernel_size
    kh, kw = as_pair(kernel_size)
    sh, sw = as_pair(stride)
    ph, pw = as_pair(padding)
    N, C, H, W = x.shape
    if kh > H + 2 * ph or kw > W + 2 * pw:
        raise ValueError(f"window {(kh, kw)} does not fit into {(H, W)} with padding {(ph, pw)}")
    Ho = (H + 2 * ph - kh) // sh + 1
    Wo = (W + 2 * pw - kw) // sw + 1
    xp = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)), constant_values=0)
    out = np.zeros((N, C, Ho, Wo), dtype=x.dtype)
    for i in range(Ho):
        for j in range(Wo):
            window = xp[:, :, i * sh:i * sh + kh, j * sw:j * sw + kw]
            out[:, :, i, j] = window.mean(axis=(2, 3))
    return out, (xp, x.shape, kh, kw, sh, sw, ph, pw)
# %% avg_pool2d_backward
def avg_pool2d_backward(dout, cache):
    xp, (N, C, H, W), kh, kw, sh, sw, ph, pw = cache
    dx = np.zeros_like(xp)
    for n in range(N):
        for c in range(C):
            for i in range(dout.shape[2]):
                for j in range(dout.shape[3]):
                    dx[n, c, i:i + kh, j:j + kw] += dout[n, c, i, j] / (kh * kw)
    return dx[:, :, ph:ph + H, pw:pw + W]
# %% global_avg_pool2d_forward
def global_avg_pool2d_forward(x):
    return np.mean(x, axis=(2, 3)), x.shape
# %% global_avg_pool2d_backward
def global_avg_pool2d_backward(dout, cache):
    N, C, H, W = cache
    return np.ones(cache) * dout / (H * W)
