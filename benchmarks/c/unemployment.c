/* Unemployment insurance month by month in plain C: the same algorithm and layout as the kernel `months` of
 * spsim/kernels/unemployment.py, whose docstring explains it. One draw. */

#include <stdint.h>

enum { SEPARATION, COVERED, TAKE_UP, EXIT, AGEING, INSURED, FINDING, REENTRY, REENTRY_LIMIT, TARGET, RATES };
enum { CONTRIBUTORS, OUTSIDE, EXITS, SEPARATIONS, QUALIFIED, REEMPLOYED, EXHAUSTIONS, ENTRANTS, REENTRANTS, LEAVERS,
       TERMINATIONS, LONG_RECORDS, FLOWS };

static double least(double a, double b) { return a < b ? a : b; }

void months(int64_t T, int64_t H, int64_t C, int64_t Q, int64_t pages, int64_t K, int64_t M, int64_t S, int64_t X, int64_t J,
            int64_t N, int64_t D, int64_t lapse, int64_t gaps, int64_t again, int64_t shorter, int64_t restart, int64_t long_record, int64_t step,
            int64_t top, const double *rates, const double *finding_claimant, const double *finding_outside,
            const double *finding_former, const int64_t *kind, const int64_t *members, const int64_t *opening,
            const double *may_claim, const double *allowed, const double *over, const double *ending, const int64_t *spell,
            const int64_t *record_after, const int64_t *page_after, const int64_t *page_former, double *insured,
            double *outside, double *e, double *o, double *left, double *unmet, double *claims, double *former,
            double *claimants, double *new_claims, double *flows)
{
    const int64_t full = Q - 1, below = full > 0 ? full - 1 : 0, last = C, rows = pages + 2, R = RATES + 2 * X - 2;
    const int64_t landing = pages > gaps ? gaps : gaps - 1;
    const double need = full + 1.0 - again, near = (need - 1.0) / need;
    const double two = full > 0 ? 1.0 : 0.0;
    double keep[H], arrive[H], live[H], stay[H], leave[H], hold[H], drawn_share[H], entrants[H];
    double claim[X][H], leave_open[N][H], enter[pages][H], remain[pages][H], aged[pages][H], qualified[J][H];

    for (int64_t t = 0; t < T; t++) {
        const double *rate = rates + t * R * H;
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
            for (int64_t j = 0; j < J; j++) qualified[j][h] = 0.0;
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
                    found += x * lv * least(1.0, finding_claimant[(k * M + m) * H + h] * multiplier) * work;
                }
                for (int64_t m = 0; m < D; m++) {
                    const double *row = former + (k * D + m) * H;
                    const double x = row[h] * kp + row[b] * ar;
                    const double f = least(1.0, finding_former[m * H + h] * multiplier) * work;
                    stock += row[h];
                    persons += x;
                    found += x * lv * f;
                    pool += x * lv * (1.0 - f);
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
            hold[h] = hd;
            drawn_share[h] = share;
            for (int64_t x = 0; x < X; x++) {
                const int64_t row = x == 0 ? COVERED : RATES + 2 * x - 2;
                claim[x][h] = lv * lose * rate[row * H + h] * rate[(row + 1) * H + h];
            }
            for (int64_t i = 0; i < N; i++) {
                double claiming = 0.0;
                for (int64_t x = 0; x < X; x++) claiming += claim[x][h] * may_claim[(i * X + x) * H + h];
                leave_open[i][h] = leave[h] - claiming;
            }
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
            flow[TERMINATIONS * H + h] = flow[LONG_RECORDS * H + h] = 0.0;
        }
        if (long_record >= 0)
            for (int64_t c = long_record; c <= top; c++)
                for (int64_t p = 0; p <= full; p++)
                    for (int64_t h = 0; h < H; h++) flow[LONG_RECORDS * H + h] += e[((c + 1) * Q + p) * H + h];

        for (int64_t d = top + 1; d >= 0; d--) {
            const int64_t j = kind[d < last ? d : last];
            const double *lose = leave_open[opening[j]];
            double *restrict q = qualified[j], *restrict out = left + d * H;
            double *restrict start = unmet + d * H;
            const double *row = e + (d * Q + full) * H, *low = e + (d * Q + below) * H;
            double *restrict to = e + ((d + 1) * Q + full) * H;
            for (int64_t h = 0; h < H; h++) {
                const double x = row[h] * keep[h] + row[h - step] * arrive[h];
                const double y = two * (low[h] * keep[h] + low[h - step] * arrive[h]);
                q[h] += x;
                out[h] = x * lose[h] + y * leave[h] * near;
                start[h] = y * leave[h] * (1.0 - near);
                to[h] = (x + y) * stay[h];
            }
            for (int64_t p = 0; p < full - 1; p++) {
                const double *from = e + (d * Q + p) * H;
                double *restrict dest = e + ((d + 1) * Q + p + 1) * H;
                const double earned = (p + 1 > again ? p + 1.0 - again : 0.0) / need;
                for (int64_t h = 0; h < H; h++) {
                    const double x = from[h] * keep[h] + from[h - step] * arrive[h];
                    const double gone = x * leave[h];
                    out[h] += gone * earned;
                    start[h] += gone * (1.0 - earned);
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
        if (lapse == 0)
            for (int64_t i = 0; i < (top + 1) * H; i++) {
                left[i] += unmet[i];
                unmet[i] = 0.0;
            }
        if (restart)
            for (int64_t c = 1; c <= top; c++)
                for (int64_t h = 0; h < H; h++) {
                    left[h] += left[c * H + h];
                    unmet[h] += unmet[c * H + h];
                    left[c * H + h] = unmet[c * H + h] = 0.0;
                }

        for (int64_t i = 0; i < pages * H; i++) outside[i] = 0.0;
        for (int64_t c = 0; c <= top; c++) {
            for (int64_t g = pages - 1; g >= 0; g--) {
                const double *from = o + (c * rows + (g >= gaps ? g + 1 : g)) * H;
                double *restrict dest = o + (c * rows + (g >= gaps ? g + 2 : g + 1)) * H;
                double *restrict back = e + ((c + 1) * Q + (g < lapse ? shorter : again)) * H;
                for (int64_t h = 0; h < H; h++) {
                    const double x = from[h] * keep[h] + from[h - step] * arrive[h];
                    back[h] += x * enter[g][h];
                    dest[h] = x * remain[g][h];
                }
            }
            double *first = o + c * rows * H, *open = first + (gaps - 1) * H, *over = first + (pages + 1) * H;
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
                outside[(g + 1 != gaps && g + 1 != pages ? g + 1 : gaps - 1) * H + h] += aged[g][h] * remain[g][h];
        }

        for (int64_t k = 0; k < K; k++)
            for (int64_t m = D - 1; m >= 0; m--) {
                const int64_t c = record_after[k * M + M - 1], gap = m + 1 < gaps - 1 ? m + 1 : gaps - 1;
                double *row = former + (k * D + m) * H, *back = e + ((c + 1) * Q + page_former[m]) * H;
                double *next = m + 1 < D ? row + H : 0, *gone = o + (c * rows + gap) * H;
                for (int64_t h = H - 1; h >= 0; h--) {
                    const double x = (row[h] * keep[h] + row[h >= step ? h - step : 0] * arrive[h]) * live[h];
                    const double f = least(1.0, finding_former[m * H + h] * rate[FINDING * H + h]) * rate[INSURED * H + h] * hold[h];
                    const double returned = x * (f + (1.0 - f) * drawn_share[h]);
                    back[h] += returned;
                    row[h] = 0.0;
                    if (next) next[h] = x - returned;
                    else {
                        gone[h] += x - returned;
                        outside[gap * H + h] += x - returned;
                    }
                }
            }

        for (int64_t i = 0; i < K * M * H; i++) after[i] = 0.0;
        for (int64_t j = 0; j < J; j++)
            for (int64_t x = 0; x < X; x++) {
                const int64_t k = members[j * X + x], row = x == 0 ? COVERED : RATES + 2 * x - 2;
                if (k < 0) continue;
                for (int64_t h = 0; h < H; h++) {
                    const double entitled = qualified[j][h] * allowed[k * H + h];
                    after[k * M * H + h] += entitled * claim[x][h];
                    flow[QUALIFIED * H + h] += entitled * live[h] * rate[SEPARATION * H + h] * rate[row * H + h];
                }
            }
        for (int64_t k = 0; k < K; k++)
            for (int64_t m = 0; m < spell[k]; m++) {
                const int64_t c = record_after[k * M + m], gap = m + 1 < gaps - 1 ? m + 1 : gaps - 1;
                const double *row = now + (k * M + m) * H, *ends = over + (k * M + m) * H;
                const double *found = finding_claimant + (k * M + m) * H, on = 1.0 - ending[m];
                double *next = after + (k * M + (m + 1 < M ? m + 1 : M - 1)) * H;
                double *back = e + ((c + 1) * Q + page_after[m]) * H;
                double *gone = m + 1 < D ? former + (k * D + m + 1) * H : o + (c * rows + gap) * H;
                for (int64_t h = 0; h < H; h++) {
                    double x = (row[h] * keep[h] + row[h >= step ? h - step : 0] * arrive[h]) * live[h];
                    const double f = x * least(1.0, found[h] * rate[FINDING * H + h]);
                    const double returned = f * rate[INSURED * H + h] * hold[h];
                    double ended = f * (1.0 - rate[INSURED * H + h]);
                    x -= returned + ended;
                    const double exhausted = x * ends[h], going = (x - exhausted) * on;
                    flow[REEMPLOYED * H + h] += returned + ended;
                    flow[EXHAUSTIONS * H + h] += exhausted;
                    flow[TERMINATIONS * H + h] += x - exhausted - going;
                    next[h] += going;
                    ended += x - going;
                    back[h] += returned;
                    gone[h] += ended;
                    if (m + 1 >= D) outside[gap * H + h] += ended;
                }
            }
    }
}
