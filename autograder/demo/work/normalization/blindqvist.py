# %%
def normal_row(row, eps):
    m = 0.0
    for v in row:
        m += v / len(row)
    var = 0.0
    for v in row:
        var += (v - m) * (v - m) / len(row)
    s = (var + eps) ** 0.5
    return [(v - m) / s for v in row], s, m, var

def row_back(g, h, s):
    a = b = 0.0
    for i in range(len(g)):
        a += g[i] / len(g)
        b += g[i] * h[i] / len(g)
    return [(g[i] - a - h[i] * b) / s for i in range(len(g))]
# %% batch_norm_forward
def batch_norm_forward(x, weight, bias, running_mean, running_var, training=True, momentum=0.1, eps=1e-5):
    C = x.shape[1]
    out = np.zeros_like(x)
    xhat = np.zeros_like(x)
    new_mean = running_mean.copy()
    new_var = running_var.copy()
    roots = []
    for c in range(C):
        values = x[:, c].ravel().tolist()
        if training:
            n = len(values)
            if n == 1:
                raise ValueError("only one value for each of the %d channels" % C)
            h, s, m, var = normal_row(values, eps)
            new_mean[c] = (1 - momentum) * running_mean[c] + momentum * m
            new_var[c] = (1 - momentum) * running_var[c] + momentum * var * n / (n - 1)
        else:
            s = float(running_var[c] + eps) ** 0.5
            h = [(v - float(running_mean[c])) / s for v in values]
        xhat[:, c] = np.array(h).reshape(x[:, c].shape)
        out[:, c] = xhat[:, c] * weight[c] + bias[c]
        roots.append(s)
    return out, (xhat, roots, weight, training), new_mean, new_var
# %% batch_norm_backward
def batch_norm_backward(dout, cache):
    xhat, roots, weight, training = cache
    dx = np.zeros_like(dout)
    dweight = np.zeros_like(weight)
    dbias = np.zeros_like(weight)
    for c in range(len(weight)):
        d = dout[:, c].ravel().tolist()
        h = xhat[:, c].ravel().tolist()
        for i in range(len(d)):
            dweight[c] += d[i] * h[i]
            dbias[c] += d[i]
        g = [v * float(weight[c]) for v in d]
        if training:
            g = row_back(g, h, roots[c])
        else:
            g = [v / roots[c] for v in g]
        dx[:, c] = np.array(g).reshape(dout[:, c].shape)
    return dx, dweight, dbias
# %% layer_norm_forward
def layer_norm_forward(x, weight, bias, eps=1e-5):
    rows = x.reshape(-1, weight.size)
    xhat = np.zeros_like(rows)
    roots = []
    for r in range(len(rows)):
        h, s, _, _ = normal_row(rows[r].tolist(), eps)
        xhat[r] = h
        roots.append(s)
    out = np.zeros_like(rows)
    for r in range(len(rows)):
        for j in range(weight.size):
            out[r, j] = xhat[r, j] * weight.flat[j] + bias.flat[j]
    return out.reshape(x.shape), (xhat, roots, weight)
# %% layer_norm_backward
def layer_norm_backward(dout, cache):
    xhat, roots, weight = cache
    rows = dout.reshape(xhat.shape)
    dx = np.zeros_like(rows)
    dweight = np.zeros_like(weight)
    dbias = np.zeros_like(weight)
    for r in range(len(rows)):
        g = (rows[r] * weight.ravel()).tolist()
        dx[r] = row_back(g, xhat[r].tolist(), roots[r])
        dweight += (rows[r] * xhat[r]).reshape(weight.shape)
        dbias += rows[r].reshape(weight.shape)
    return dx.reshape(dout.shape), dweight, dbias
# %% group_norm_forward
def group_norm_forward(x, num_groups, weight, bias, eps=1e-5):
    N, C, H, W = x.shape
    if C % num_groups != 0:
        raise ValueError("%d channels, %d groups" % (C, num_groups))
    k = C // num_groups
    xhat = np.zeros_like(x)
    roots = {}
    for n in range(N):
        for g in range(num_groups):
            h, roots[n, g], _, _ = normal_row(x[n, g * k:(g + 1) * k].ravel().tolist(), eps)
            xhat[n, g * k:(g + 1) * k] = np.array(h).reshape(k, H, W)
    out = np.zeros_like(x)
    for c in range(C):
        out[:, c] = xhat[:, c] * weight[c] + bias[c]
    return out, (xhat, roots, weight, k)
# %% group_norm_backward
def group_norm_backward(dout, cache):
    xhat, roots, weight, k = cache
    dx = np.zeros_like(dout)
    for (n, g), s in roots.items():
        part = slice(g * k, (g + 1) * k)
        d = [dout[n, c] * weight[c] for c in range(g * k, (g + 1) * k)]
        back = row_back(np.array(d).ravel().tolist(), xhat[n, part].ravel().tolist(), s)
        dx[n, part] = np.array(back).reshape(dx[n, part].shape)
    dweight = np.zeros_like(weight)
    dbias = np.zeros_like(weight)
    for c in range(len(weight)):
        dweight[c] = (dout[:, c] * xhat[:, c]).sum()
        dbias[c] = dout[:, c].sum()
    return dx, dweight, dbias
# %% instance_norm_forward
def instance_norm_forward(x, weight, bias, eps=1e-5):
    xhat = np.zeros_like(x)
    out = np.zeros_like(x)
    roots = np.zeros(x.shape[:2])
    for n in range(x.shape[0]):
        for c in range(x.shape[1]):
            h, roots[n, c], _, _ = normal_row(x[n, c].ravel().tolist(), eps)
            xhat[n, c] = np.array(h).reshape(x[n, c].shape)
            out[n, c] = xhat[n, c] * weight[c] + bias[c]
    return out, (xhat, roots, weight)
# %% instance_norm_backward
def instance_norm_backward(dout, cache):
    xhat, roots, weight = cache
    dx = np.zeros_like(dout)
    dweight = np.zeros_like(weight)
    dbias = np.zeros_like(weight)
    for n in range(dout.shape[0]):
        for c in range(dout.shape[1]):
            d = dout[n, c].ravel()
            h = xhat[n, c].ravel()
            dx[n, c] = np.array(row_back((d * weight[c]).tolist(), h.tolist(), roots[n, c])).reshape(dout[n, c].shape)
            dweight[c] += (d * h).sum()
            dbias[c] += d.sum()
    return dx, dweight, dbias
# %% rms_norm_forward
def rms_norm_forward(x, weight, eps=1e-5):
    out = np.zeros_like(x)
    for i in np.ndindex(x.shape[:-1]):
        total = 0.0
        for v in x[i].tolist():
            total += v * v
        root = (total / x.shape[-1] + eps) ** 0.5
        out[i] = x[i] / root * weight
    return out, (x, weight, eps)
# %% rms_norm_backward
def rms_norm_backward(dout, cache):
    x, weight, eps = cache
    dx = np.zeros_like(x)
    dweight = np.zeros_like(weight)
    for i in np.ndindex(x.shape[:-1]):
        root = (sum(v * v for v in x[i].tolist()) / x.shape[-1] + eps) ** 0.5
        h = x[i] / root
        g = dout[i] * weight
        dx[i] = (g - h * ((g * h).sum() / len(h))) / root
        dweight += dout[i] * h
    return dx, dweight
