/* Unemployment insurance month by month in plain C: the same algorithm and layout as the kernel `months` of
 * spsim/kernels/unemployment.py, whose docstring explains it. One draw. */

#include <stdint.h>

enum { SEPARATION, COVERED, TAKE_UP, EXIT, AGEING, INSURED, FINDING, REENTRY, REENTRY_LIMIT, TARGET, RATES };
enum { CONTRIBUTORS, OUTSIDE, EXITS, SEPARATIONS, QUALIFIED, REEMPLOYED, EXHAUSTIONS, ENTRANTS, REENTRANTS, LEAVERS, FLOWS };

static double least(double a, double b) { return a < b ? a : b; }

void months(int64_t T, int64_t H, int64_t C, int64_t Q, int64_t pages, int64_t K, int64_t M, int64_t S, int64_t lapse,
            int64_t step, int64_t top, const double *rates, const double *finding_claimant,
            const double *finding_outside, const int64_t *group, const int64_t *spell, const int64_t *record_after,
            double *insured, double *outside, double *e, double *o, double *left, double *unmet, double *claims, double *claimants,
            double *new_claims, double *flows)
{
    const int64_t full = Q - 1, below = full > 0 ? full - 1 : 0, last = C, gaps = lapse + 1, rows = pages + 2;
    const int64_t landing = pages > gaps ? gaps : gaps - 1;
    const double near = full / (full + 1.0);
    const double two = full > 0 ? 1.0 : 0.0;
    double keep[H], arrive[H], live[H], stay[H], leave[H], leave_qualified[H], claim[H], hold[H], entrants[H];
    double enter[pages][H], remain[pages][H], aged[pages][H], qualified[K + 1][H];

    for (int64_t t = 0; t < T; t++) {
        const double *rate = rates + t * RATES * H;
        double *flow = flows + t * FLOWS * H, *by_month = claimants + t * M * H, *fresh = new_claims + t * K * H;
        const double *now = claims + (t % S) * K * M * H;
        double *after = claims + ((t + 1) % S) * K * M * H;

        for (int64_t h = 0; h < H; h++) {
            const int64_t b = h >= step ? h - step : 0;
            const double kp = 1.0 - rate[AGEING * H + h], ar = h >= step ? rate[AGEING * H + b] : 0.0;
            const double lv = 1.0 - rate[EXIT * H + h], lose = rate[SEPARATION * H + h], work = rate[INSURED * H + h];
            const double at_work = insured[h] * kp + insured[b] * ar, multiplier = rate[FINDING * H + h];
            double persons = at_work, stock = 0.0, found = 0.0, pool = 0.0;
            for (int64_t m = 0; m < M; m++) by_month[m * H + h] = 0.0;
            for (int64_t k = 0; k <= K; k++) qualified[k][h] = 0.0;
            for (int64_t g = 0; g < pages; g++) {
                const double x = outside[g * H + h] * kp + outside[g * H + b] * ar;
                const double f = least(1.0, finding_outside[g * H + h] * multiplier) * work;
                aged[g][h] = x;
                stock += outside[g * H + h];
                persons += x;
                found += x * lv * f;
                pool += x * lv * (1.0 - f);
            }
            for (int64_t k = 0; k < K; k++) {
                fresh[k * H + h] = now[k * M * H + h];
                for (int64_t m = 0; m < spell[k]; m++) {
                    const double *row = now + (k * M + m) * H;
                    const double x = row[h] * kp + row[b] * ar;
                    by_month[m * H + h] += row[h];
                    persons += x;
                    found += x * lv * least(1.0, finding_claimant[m * H + h] * multiplier) * work;
                }
            }
            const double supply = at_work * lv * (1.0 - lose) + found;
            double vacancies = rate[TARGET * H + h] - supply, hd = 1.0, drawn = 0.0, share = 0.0;
            if (vacancies < 0.0) {
                hd = rate[TARGET * H + h] / supply;
                vacancies = 0.0;
            } else if (pool > 0.0) {
                drawn = least(vacancies * rate[REENTRY * H + h], pool * rate[REENTRY_LIMIT * H + h]);
                share = drawn / pool;
            }
            entrants[h] = vacancies - drawn;
            keep[h] = kp;
            arrive[h] = ar;
            live[h] = lv;
            stay[h] = lv * (1.0 - lose) * hd;
            leave[h] = lv * (lose + (1.0 - lose) * (1.0 - hd));
            claim[h] = lv * lose * rate[COVERED * H + h] * rate[TAKE_UP * H + h];
            leave_qualified[h] = leave[h] - claim[h];
            hold[h] = hd;
            for (int64_t g = 0; g < pages; g++) {
                const double f = least(1.0, finding_outside[g * H + h] * multiplier) * work * hd;
                enter[g][h] = lv * (f + (1.0 - f) * share);
                remain[g][h] = lv * (1.0 - f) * (1.0 - share);
            }
            flow[CONTRIBUTORS * H + h] = insured[h];
            flow[OUTSIDE * H + h] = stock;
            flow[EXITS * H + h] = persons * rate[EXIT * H + h];
            flow[SEPARATIONS * H + h] = at_work * lv * lose;
            flow[QUALIFIED * H + h] = flow[REEMPLOYED * H + h] = flow[EXHAUSTIONS * H + h] = 0.0;
            flow[ENTRANTS * H + h] = entrants[h];
            flow[REENTRANTS * H + h] = drawn;
            flow[LEAVERS * H + h] = at_work * lv * (1.0 - lose) * (1.0 - hd);
        }

        for (int64_t d = top + 1; d >= 0; d--) {
            const int64_t k = group[d < last ? d : last];
            const double *lose = k >= 0 ? leave_qualified : leave;
            double *restrict q = qualified[k >= 0 ? k : K], *restrict out = left + d * H;
            double *restrict again = unmet + d * H;
            const double *row = e + (d * Q + full) * H, *low = e + (d * Q + below) * H;
            double *restrict to = e + ((d + 1) * Q + full) * H;
            for (int64_t h = 0; h < H; h++) {
                const double x = row[h] * keep[h] + row[h - step] * arrive[h];
                const double y = two * (low[h] * keep[h] + low[h - step] * arrive[h]);
                q[h] += x;
                out[h] = x * lose[h] + y * leave[h] * near;
                again[h] = y * leave[h] * (1.0 - near);
                to[h] = (x + y) * stay[h];
            }
            for (int64_t p = 0; p < full - 1; p++) {
                const double *from = e + (d * Q + p) * H;
                double *restrict dest = e + ((d + 1) * Q + p + 1) * H;
                const double earned = (p + 1.0) / (full + 1.0);
                for (int64_t h = 0; h < H; h++) {
                    const double x = from[h] * keep[h] + from[h - step] * arrive[h];
                    const double gone = x * leave[h];
                    out[h] += gone * earned;
                    again[h] += gone * (1.0 - earned);
                    dest[h] = x * stay[h];
                }
            }
            if (full > 0)
                for (int64_t h = 0; h < H; h++) e[(d + 1) * Q * H + h] = 0.0;
        }
        if (top == last) {
            for (int64_t h = 0; h < H; h++) left[last * H + h] += left[(last + 1) * H + h];
            for (int64_t h = 0; h < H; h++) unmet[last * H + h] += unmet[(last + 1) * H + h];
            for (int64_t i = 0; i < Q * H; i++) e[(last + 1) * Q * H + i] += e[(last + 2) * Q * H + i];
        }
        top = top + 1 < last ? top + 1 : last;

        for (int64_t i = 0; i < pages * H; i++) outside[i] = 0.0;
        for (int64_t c = 0; c <= top; c++) {
            for (int64_t g = pages - 1; g >= 0; g--) {
                const double *from = o + (c * rows + (g >= gaps ? g + 1 : g)) * H;
                double *restrict dest = o + (c * rows + (g >= gaps ? g + 2 : g + 1)) * H;
                double *restrict back = e + ((c + 1) * Q + (g < lapse ? full : 0)) * H;
                for (int64_t h = 0; h < H; h++) {
                    const double x = from[h] * keep[h] + from[h - step] * arrive[h];
                    back[h] += x * enter[g][h];
                    dest[h] = x * remain[g][h];
                }
            }
            double *first = o + c * rows * H, *open = first + lapse * H, *over = first + (pages + 1) * H;
            for (int64_t h = 0; h < H; h++) {
                outside[h] += left[c * H + h];
                outside[landing * H + h] += unmet[c * H + h];
                first[h] = left[c * H + h];
                open[2 * H + h] = unmet[c * H + h];
                open[h] += open[H + h] + over[h];
            }
        }
        for (int64_t h = 0; h < H; h++) {
            insured[h] = rate[TARGET * H + h];
            e[(Q + full) * H + h] += entrants[h];
            for (int64_t g = 0; g < pages; g++)
                outside[(g + 1 != gaps && g + 1 != pages ? g + 1 : lapse) * H + h] += aged[g][h] * remain[g][h];
        }

        for (int64_t i = 0; i < K * M * H; i++) after[i] = 0.0;
        for (int64_t k = 0; k < K; k++) {
            for (int64_t h = 0; h < H; h++) {
                after[k * M * H + h] = qualified[k][h] * claim[h];
                flow[QUALIFIED * H + h] += qualified[k][h] * live[h] * rate[SEPARATION * H + h] * rate[COVERED * H + h];
            }
            for (int64_t m = 0; m < spell[k]; m++) {
                const int64_t c = record_after[k * M + m], gap = m + 1 < lapse ? m + 1 : lapse;
                const double *row = now + (k * M + m) * H;
                const double on = m + 1 == spell[k] ? 0.0 : 1.0;
                double *next = after + (k * M + (m + 1 < M ? m + 1 : M - 1)) * H;
                double *back = e + ((c + 1) * Q + (m + 1 <= lapse ? full : 0)) * H, *gone = o + (c * rows + gap) * H;
                for (int64_t h = 0; h < H; h++) {
                    double x = (row[h] * keep[h] + row[h >= step ? h - step : 0] * arrive[h]) * live[h];
                    const double f = x * least(1.0, finding_claimant[m * H + h] * rate[FINDING * H + h]);
                    const double returned = f * rate[INSURED * H + h] * hold[h];
                    double ended = f * (1.0 - rate[INSURED * H + h]);
                    x -= returned + ended;
                    flow[REEMPLOYED * H + h] += returned + ended;
                    flow[EXHAUSTIONS * H + h] += x * (1.0 - on);
                    next[h] += x * on;
                    ended += x * (1.0 - on);
                    back[h] += returned;
                    gone[h] += ended;
                    outside[gap * H + h] += ended;
                }
            }
        }
    }
}
