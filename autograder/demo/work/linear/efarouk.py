# %%
from dataclasses import dataclass


@dataclass
class LinearCache:
    x: np.ndarray
    weight: np.ndarray

    @property
    def rows(self):
        return as_rows(self.x)


def as_rows(x):
    """Everything but the batch axis in one row."""
    n, *rest = x.shape
    return x.reshape(n, int(np.prod(rest)))
# %% linear_forward
def linear_forward(x, weight, bias):
    cache = LinearCache(x, weight)
    return cache.rows @ cache.weight + bias, cache
# %% linear_backward
def linear_backward(dout, cache):
    dx = (dout @ cache.weight.T).reshape(cache.x.shape)
    dweight = cache.rows.T @ dout
    dbias = np.add.reduce(dout, axis=0)
    return dx, dweight, dbias
# %%
def scale_for(variance):
    return np.sqrt(variance)
# %% xavier_uniform
def xavier_uniform(fan_in, fan_out, rng):
    # a uniform distribution on (-a, a) has variance a**2 / 3
    a = scale_for(3 * 2 / (fan_in + fan_out))
    return rng.uniform(-a, a, size=(fan_in, fan_out))
# %% kaiming_normal
def kaiming_normal(fan_in, fan_out, rng):
    return rng.normal(0.0, scale_for(2 / fan_in), size=(fan_in, fan_out))
