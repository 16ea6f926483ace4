"""Straightforward vectorised NumPy twin of `project_members`: whole arrays, year after year, one draw."""

from __future__ import annotations

from typing import Any

import numpy as np

from spsim.kernels.pension import ADD, LARGER, SMALLER, SUBTRACT

COMBINED = {ADD: np.add, LARGER: np.maximum, SMALLER: np.minimum, SUBTRACT: np.subtract}


def project(a: dict[str, Any], n: int = 0) -> dict[str, Any]:
    """Draw n of the scheme `a`: arguments of `project_members`, tables of amounts whole and shared by the cohorts."""

    def own(name: str) -> Any:
        return a[name][n % len(a[name])]

    c, d = a["contributors0"].copy(), a["dormant0"].copy()
    G, S, X, K, _, J = c.shape
    E, T = a["exit_contributor"].shape[:2]
    V, F = len(a["heads_weight"]), len(a["flat"])
    programs, reference_of = a.get("programs", [[v] for v in range(V)]), a.get("reference_of", range(F))
    q, increment, target, reference = own("death"), own("increment"), own("target"), own("reference")
    middle = np.arange(J) + 0.5
    out = {
        "contributors": np.zeros((T, G, S, X, K)), "dormant": np.zeros((T, G, S, X, K)),
        "service_sum": np.zeros((T, S, X)), "entrants": np.zeros((T, S, X, K)),
        "reentrants": np.zeros((T, S, X, K)), "laid_off": np.zeros((T, S, X, K)),
        "leavers": np.zeros((T, S, X)),
        "exit_contributors": np.zeros((E, T, G, S, X)), "exit_dormant": np.zeros((E, T, G, S, X)),
        "value_heads": np.zeros((V, T, G, S, X, K)), "value_amount": np.zeros((V, T, G, S, X, K)),
    }  # fmt: skip
    for t in range(T):
        if t > 0:
            mid, adv, idle = np.zeros_like(c), np.zeros_like(c), np.zeros_like(d)
            u = a["density"][t][:, 1:, None, None, None]
            adv[:, :, 1:, ..., 1:] = u * c[:, :, :-1, ..., :-1]
            adv[:, :, 1:, ..., -1] += u[..., 0] * c[:, :, :-1, ..., -1]
            mid[:, :, 1:] = (1 - u) * c[:, :, :-1] + adv[:, :, 1:]
            idle[:, :, 1:] = d[:, :, :-1]
            half = 0.5 * increment[t][..., None] * adv[..., :1, :]
            mid[..., 1:, :] += half
            events, stays = [], []
            for status in ("contributor", "dormant"):
                stay = np.broadcast_to(1 - q[t][None, :, :, None], (G, S, X, J)).copy()
                event = [*np.zeros((E, G, S, X, J)), 1 - stay]
                for e in range(E):
                    ages = slice(a["exit_age_low"][e], a["exit_age_high"][e])
                    event[e][:, :, ages] = stay[:, :, ages] * a[f"exit_{status}"][e, t][:, :, ages]
                    stay -= event[e]
                events.append(event)
                stays.append(stay[:, :, :, None, None])
            for e in range(E):
                out["exit_contributors"][e, t] = (events[0][e] * mid[..., 0, :].sum(3)).sum(-1)
                out["exit_dormant"][e, t] = (events[1][e] * idle[..., 0, :].sum(3)).sum(-1)
            for v in range(V):
                weight = a["heads_weight"][v, t][None]
                for event, stock in zip(events, (mid, idle), strict=True):
                    share = (weight * event[a["valuation_exit"][v]])[:, :, :, None]
                    p, stack = stock[..., 0, :], []
                    for f in programs[v]:
                        if f < 0:
                            z, y = stack.pop(), stack.pop()
                            y = COMBINED[f](y, z)
                        else:
                            r, ref = stock[..., 1 + a["right_of"][f], :], reference[reference_of[f], t]
                            y = a["flat"][f, t][:, :, None] * ref[..., None] * p
                            y = y + a["per_right"][f, t][:, :, None] * ref[..., None] * r
                        stack.append(y)
                    (y,) = stack
                    y = np.maximum(a["floor"][v, t] * p, np.minimum(a["cap"][v, t] * p, y))
                    out["value_heads"][v, t] += (share * p).sum(-1)
                    out["value_amount"][v, t] += (share * y).sum(-1)
            c = mid * stays[0]
            leave = a["leave"][t][:, :, None, None, None]
            out["leavers"][t] = (leave[..., 0] * c[..., 0, :]).sum((0, 3, 4))
            d = idle * stays[1] + leave * c
            c[..., 1:, :] += half * stays[0]
            c = c * (1 - leave)
            insured, dormant = c[..., 0, :].sum((0, -1)), d[..., 0, :].sum((0, -1))
            short = np.nan_to_num(target[t][..., None] * a["class_share"] - insured, nan=0.0)
            more = np.maximum(short, 0)
            wish = a["reentry_share"][t][..., None] * more / np.where(dormant > 0, dormant, np.inf)
            call = np.minimum(wish, a["reentry_limit"])
            drop = np.minimum(-np.minimum(short, 0) / np.where(insured > 0, insured, np.inf), 1)
            move = call[..., None, None] * d - drop[..., None, None] * c
            back = 0.5 * (call[..., None] * increment[t])[..., None] * d[..., :1, :]
            c += move
            c[..., 1:, :] += back
            d -= move
            rest = np.maximum(more - call * dormant, 0)
            c[a["entry_cohort"][t], :, :, :, 0, 0] += rest
            c[a["entry_cohort"][t], :, :, :, 1:, 0] += 0.5 * increment[t] * rest[..., None]
            out["entrants"][t], out["reentrants"][t], out["laid_off"][t] = (
                rest,
                call * dormant,
                drop * insured,
            )
        out["contributors"][t], out["dormant"][t] = c[..., 0, :].sum(-1), d[..., 0, :].sum(-1)
        out["service_sum"][t] = (c[..., 0, :] @ middle).sum((0, 3))
    return out
