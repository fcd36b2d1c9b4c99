import functools
from typing import Literal

import jax
import jax.numpy as jnp

Precision = Literal["float32", "bfloat16"]
BF = jnp.bfloat16


def product(a, b, prec):
    if prec == "bfloat16":
        return jax.lax.dot_general(
            a.astype(BF), b.astype(BF), (((a.ndim - 1,), (0,)), ((), ())), preferred_element_type=jnp.float32
        )
    return a @ b


mm = product


@functools.partial(jax.custom_vjp, nondiff_argnums=(4,))
def lstm_layer(wr, pre, c, h, prec):
    r, _ = fwd(wr, pre, c, h, prec)
    return r


def fwd(wr, pre, c0, h0, prec):
    wrq = wr.astype(BF) if prec == "bfloat16" else wr

    def body(s, p):
        c, h = s
        g = p + mm(h, wrq, prec)
        H = h.shape[-1]
        s3 = jax.nn.sigmoid(g)
        i = s3[:, :H]
        f = s3[:, H : 2 * H]
        o = s3[:, 3 * H :]
        gg = jnp.tanh(g[:, 2 * H : 3 * H])
        acts = jnp.concatenate([i, f, gg, o], -1)
        c2 = f * c + i * gg
        h2 = o * jnp.tanh(c2)
        return (c2, h2), (h2, c2, acts)

    (c, h), (hs, cs, acts) = jax.lax.scan(body, (c0, h0), pre)
    return (hs, c, h), (wr, hs, cs, acts, c0, h0)


def bwd(prec, res, ct):
    wr, hs, cs, acts, c0, h0 = res
    dhs, dc, dh = ct
    wrt = (wr.astype(BF) if prec == "bfloat16" else wr).T
    cprev = jnp.concatenate([c0[None], cs[:-1]])
    hprev = jnp.concatenate([h0[None], hs[:-1]])
    H = h0.shape[-1]

    def body(s, x):
        dc, dh = s
        dy, c, cp, a = x
        i = a[:, :H]
        f = a[:, H : 2 * H]
        g = a[:, 2 * H : 3 * H]
        o = a[:, 3 * H :]
        dh = dh + dy
        tc = jnp.tanh(c)
        do = dh * tc * o * (1 - o)
        dc = dc + dh * o * (1 - tc * tc)
        dg = jnp.concatenate([dc * g * i * (1 - i), dc * cp * f * (1 - f), dc * i * (1 - g * g), do], -1)
        dh = mm(dg, wrt, prec)
        return (dc * f, dh), dg

    (dc, dh), dgs = jax.lax.scan(body, (dc, dh), (dhs, cs, cprev, acts), reverse=True)
    T, B, _ = dgs.shape
    a = hprev.reshape(T * B, -1)
    b = dgs.reshape(T * B, -1)
    if prec == "bfloat16":
        a = a.astype(BF)
        b = b.astype(BF)
    dwr = jax.lax.dot_general(a, b, (((0,), (0,)), ((), ())), preferred_element_type=jnp.float32)
    return dwr, dgs, dc, dh


lstm_layer.defvjp(fwd, bwd)


def cross_entropy(h, E, b, y, w, prec):
    lg = (
        jax.lax.dot_general(h, E, (((1,), (1,)), ((), ()))) + b
        if prec == "float32"
        else jax.lax.dot_general(
            h.astype(BF), E.astype(BF), (((1,), (1,)), ((), ())), preferred_element_type=jnp.float32
        )
        + b
    )
    lse = jax.nn.logsumexp(lg, -1)
    return ((lse - jnp.take_along_axis(lg, y[:, None], -1)[:, 0]) * w).sum()
