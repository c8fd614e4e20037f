# %% sgd_step
def sgd_step(params, grads, velocity, learning_rate, momentum=0.0, weight_decay=0.0):
    if [p.shape for p in params] != [g.shape for g in grads]:
        raise ValueError(f"params {[p.shape for p in params]} and grads {[g.shape for g in grads]} do not fit")
    if velocity is None:
        velocity = [np.zeros_like(p) for p in params]
    velocity = [momentum * v + g + weight_decay * p for v, g, p in zip(velocity, grads, params)]
    return [p - learning_rate * v for p, v in zip(params, velocity)], velocity

# %% adam_step
def adam_step(params, grads, state, learning_rate, beta1=0.9, beta2=0.999, eps=1e-8):
    if [p.shape for p in params] != [g.shape for g in grads]:
        raise ValueError(f"params {[p.shape for p in params]} and grads {[g.shape for g in grads]} do not fit")
    t, ms, vs = state or (0, [np.zeros_like(p) for p in params], [np.zeros_like(p) for p in params])
    t += 1
    ms = [beta1 * m + (1 - beta1) * g for m, g in zip(ms, grads)]
    vs = [beta2 * v + (1 - beta2) * g**2 for v, g in zip(vs, grads)]
    new = [p - learning_rate * (m / (1 - beta1**t)) / (np.sqrt(v / (1 - beta2**t)) + eps) for p, m, v in zip(params, ms, vs)]
    return new, (t, ms, vs)
