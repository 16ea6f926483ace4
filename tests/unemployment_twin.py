"""The recurrence of `spsim.kernels.unemployment` told one kind of person at a time, in the law's own numbers, from the first day.

Slow and obvious: no pages, no groups. Records are capped, gaps are not.
"""

from collections import defaultdict

import numpy as np

FLOWS = (
    "contributors", "outside", "exits", "separations", "qualified_separations", "reemployed", "exhaustions",
    "entrants", "reentrants", "leavers", "terminations", "long_records",
)  # fmt: skip
MONTHLY = ("separation", "covered", "take_up", "exits", "insured_share", "finding_multiplier", "reentry_share",
           "reentry_limit", "ageing")  # fmt: skip


class Twin:
    """Kinds of person: ("in", h, record, months still to earn), ("out", h, record, gap, must requalify),
    ("claim", h, cause, record at separation, month of claim), ("former", h, record left, months since the claim began)."""

    def __init__(self, rule, rates, insured, draw):
        self.rule, self.rates, self.insured = rule, rates, insured[draw]
        self.months, self.strata = insured.shape[1] - 1, insured.shape[2]
        full = np.broadcast_shapes((1, self.months, self.strata), np.shape(rates.separation))
        self.at = {name: self._path(getattr(rates, name), full, draw) for name in MONTHLY}
        shares = [(rates.covered, rates.take_up), *rates.other_causes]
        self.causes = [tuple(self._path(share, full, draw) for share in cause) for cause in shares]
        self.following = np.full(self.strata, -1) if rates.next_stratum is None else rates.next_stratum
        causes, records, _ = rule.by_cause.shape
        self.granted = np.broadcast_to(rule.by_cause, (causes, records, self.strata))
        allowed = np.ones((1, 1, 1)) if rule.allowed is None else rule.allowed
        self.allowed = np.broadcast_to(allowed, self.granted.shape)
        wait = np.asarray(rule.waiting_months, dtype=float)
        self.wait = np.broadcast_to(wait[:, None] if wait.ndim == 1 else wait, (causes, len(rule.ends) + 1))
        self.last = records - 1
        self.starts = [0, *(end + 2 for end in rule.ends)]

    @staticmethod
    def _path(value, shape, draw):
        return np.broadcast_to(np.asarray(value, float), shape)[draw if shape[0] > 1 else 0]

    def chance(self, table, duration, t, h):
        """Of finding work in a month since separation."""
        base = table[min(duration, len(table)) - 1]
        return min(1.0, base[h if len(base) > 1 else 0] * self.at["finding_multiplier"][t, h])

    def claims(self, record):
        """Claims begun so far by one with this record."""
        return sum(start <= record for start in self.starts) - 1

    def asked(self, record, name):
        """What the law asks of the next claim of one with this record."""
        given = getattr(self.rule, name)
        return given[self.claims(record)] if isinstance(given, tuple) else given

    def earn(self, record):
        """Months to earn after too long a gap."""
        if self.rule.per_employer:
            return 1
        return max(self.asked(record, "required"), self.asked(record, "consecutive"), 1)

    def back(self, h, record, gap, again, since=None):
        """In insured work again: months to earn after too long a gap, or until the next claim is open."""
        too_long = again or gap > self.asked(record, "window") - self.asked(record, "required")
        soon = 1 if self.rule.per_employer else max(self.asked(record, "consecutive"), 1)
        to_earn = (self.earn(record) if too_long else soon) - 1
        if since is not None:
            to_earn = max(to_earn, min(max(self.rule.between_claims - since - 1, 0), self.rule.pages - 1))
        return ("in", h, record, to_earn)

    def gone(self, h, record, again):
        """Out of insured work after a separation without a claim."""
        record = self.starts[self.claims(record)] if self.rule.per_employer else record
        return ("out", h, record, 0, again)

    def left(self, cause, record, month):
        """Record left to one whose claim ends in a month."""
        after = np.asarray(self.rule.record_after_claim)
        if after.ndim == 1:
            return int(after[record])
        granted = self.granted[cause, record].max()
        used = int(np.ceil(min(max(month - self.wait[cause, self.claims(record)], 0), granted)))
        return int(after[record, used])

    def ended(self, h, cause, record, month):
        """Outside after a claim."""
        left = self.left(cause, record, month)
        return ("former", h, left, month) if month < self.rule.barred else ("out", h, left, month, False)

    def run(self):
        """One row of flows for each month."""
        now = defaultdict(float)
        for h in range(self.strata):
            now["in", h, 0, 0] += self.insured[0, h]
        rows = []
        for t in range(self.months):
            row = self._counted(now)
            now = self._month(t, self._aged(t, now), row)
            rows.append(row)
        return rows

    def _counted(self, now):
        row = {name: np.zeros(self.strata) for name in FLOWS} | {"month": defaultdict(float)}
        row["fresh"] = defaultdict(float)
        for key, persons in now.items():
            kind, h = key[:2]
            if kind == "claim":
                row["month"][key[4], h] += persons
                if key[4] == 1:
                    row["fresh"][key[2], key[3], h] += persons
            else:
                row["contributors" if kind == "in" else "outside"][h] += persons
            least = self.rule.long_record
            if kind == "in" and least is not None and key[2] - self.starts[self.claims(key[2])] >= least:
                row["long_records"][h] += persons
        return row

    def _aged(self, t, now):
        aged = defaultdict(float)
        for key, persons in now.items():
            h = key[1]
            moved = persons * self.at["ageing"][t, h]
            aged[key] += persons - moved
            to = self.following[h]
            aged[key if to < 0 else (key[0], to, *key[2:])] += moved
        return aged

    def _month(self, t, aged, row):
        after, found, pool, stay = (defaultdict(float) for _ in range(4))
        at = self.at
        for key, persons in aged.items():
            h = key[1]
            x = at["exits"][t, h]
            if self.following[h] < 0:
                x = 1 - (1 - x) * (1 - at["ageing"][t, h])
            row["exits"][h] += persons * x
            persons *= 1 - x
            work = at["insured_share"][t, h]
            if key[0] == "in":
                self._separate(t, key, persons, after, stay, row)
            elif key[0] == "claim":
                _, _, cause, record, month = key
                f = self.chance(self.rates.finding_claimants, month, t, h)
                found[key] += persons * f * work
                row["reemployed"][h] += persons * f * (1 - work)
                after[self.ended(h, cause, record, month)] += persons * f * (1 - work)
                pool[key] += persons * (1 - f)
            else:
                months = key[3] + 1
                f = self.chance(self.rates.finding_outside, months, t, h) * work
                found[key] += persons * f
                pool[key] += persons - persons * f
        for h in range(self.strata):
            self._fill(t, h, stay, found, pool, after, row)
        return after

    def _separate(self, t, key, persons, after, stay, row):
        _, h, before, to_earn = key
        record = before if before in (*self.rule.ends, self.last) else before + 1
        need = self.earn(record)
        lost = persons * self.at["separation"][t, h]
        row["separations"][h] += lost
        claimed = 0.0
        for cause, (share, take_up) in enumerate(self.causes):
            if to_earn == 0 and self.granted[cause, record].any():
                may = (
                    lost * share[t, h] * self.allowed[cause, record, h] * (self.granted[cause, record, h] > 0)
                )
                row["qualified_separations"][h] += may
                after["claim", h, cause, record, 1] += may * take_up[t, h]
                claimed += may * take_up[t, h]
        earned = max(need - to_earn, 0) / need
        after[self.gone(h, record, False)] += (lost - claimed) * earned
        after[self.gone(h, record, True)] += (lost - claimed) * (1 - earned)
        stay["in", h, record, max(to_earn - 1, 0), earned] += persons - lost

    def _fill(self, t, h, stay, found, pool, after, row):
        """Next month's insured are given: places go to finders, to the pool, to new persons; or there are too many."""
        target = self.insured[t + 1, h]
        staying = sum(v for k, v in stay.items() if k[1] == h)
        supply = staying + sum(v for k, v in found.items() if k[1] == h)
        hold = min(1.0, target / supply) if supply > 0 else 1.0
        vacant = max(target - supply, 0.0)
        for key in [k for k in found if k[1] == h]:
            pool[key] += found[key] * (1 - hold)
            found[key] *= hold
        size = sum(v for k, v in pool.items() if k[1] == h and k[0] != "claim")
        drawn = min(vacant * self.at["reentry_share"][t, h], size * self.at["reentry_limit"][t, h])
        row["reentrants"][h], row["entrants"][h] = drawn, vacant - drawn
        row["leavers"][h] = staying * (1 - hold)
        after["in", h, 0, 0] += vacant - drawn
        for key in [k for k in stay if k[1] == h]:
            _, _, record, to_earn, earned = key
            after["in", h, record, to_earn] += stay[key] * hold
            after[self.gone(h, record, False)] += stay[key] * (1 - hold) * earned
            after[self.gone(h, record, True)] += stay[key] * (1 - hold) * (1 - earned)
        for key in [k for k in found if k[1] == h]:
            if key[0] == "claim":
                row["reemployed"][h] += found[key]
                _, _, cause, record, month = key
                after[self.back(h, self.left(cause, record, month), month, False, month)] += found[key]
            else:
                after[self._returned(key)] += found[key]
        for key in [k for k in pool if k[1] == h]:
            if key[0] == "claim":
                self._claim_goes_on(key, pool[key], after, row)
                continue
            share = drawn / size if size > 0 else 0.0
            after[self._returned(key)] += pool[key] * share
            after[self._waited(key)] += pool[key] * (1 - share)

    def _returned(self, key):
        if key[0] == "former":
            return self.back(key[1], key[2], key[3] + 1, False, key[3] + 1)
        return self.back(key[1], key[2], key[3] + 1, key[4])

    def _waited(self, key):
        if key[0] == "former":
            _, h, record, since = key
            free = since + 1 >= self.rule.barred
            return ("out", h, record, since + 1, False) if free else ("former", h, record, since + 1)
        return ("out", key[1], key[2], key[3] + 1, key[4])

    def _claim_goes_on(self, key, persons, after, row):
        _, h, cause, record, month = key
        granted = self.granted[cause, record, h]
        spell = np.ceil(granted + self.wait[cause, self.claims(record)]) if granted > 0 else 0
        if month >= spell:
            row["exhaustions"][h] += persons
            after[self.ended(h, cause, record, month)] += persons
            return
        ending = np.atleast_1d(self.rates.ending)
        stopped = persons * ending[min(month, len(ending)) - 1]
        row["terminations"][h] += stopped
        after[self.ended(h, cause, record, month)] += stopped
        after["claim", h, cause, record, month + 1] += persons - stopped


def naive(rule, rates, insured, draw):
    """Rows of flows by month of one draw."""
    return Twin(rule, rates, insured, draw).run()


def assert_matches_naive(rule, rates, insured, spells):
    """Every flow, claimants by month of claim, and new claims by cause and entitlement, to 1e-9."""
    groups = spells.groups
    for draw in range(insured.shape[0]):
        twin = Twin(rule, rates, insured, draw)
        for t, row in enumerate(twin.run()):
            for name in FLOWS:
                np.testing.assert_allclose(
                    getattr(spells, name)[draw, t], row[name], rtol=1e-9, atol=1e-9, err_msg=f"{name} {t}"
                )
            strata = range(insured.shape[2])
            months = range(spells.claimants.shape[2])
            month = [[row["month"][m + 1, h] for h in strata] for m in months]
            np.testing.assert_allclose(spells.claimants[draw, t], month, rtol=1e-9, atol=1e-9)
            fresh = np.zeros((len(groups.cause), insured.shape[2]))
            for (cause, record, h), persons in row["fresh"].items():
                fresh[groups.of_record[cause, record], h] += persons
            np.testing.assert_allclose(spells.new_claims[draw, t], fresh, rtol=1e-9, atol=1e-9)
