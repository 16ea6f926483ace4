/* Plain-C twin of spsim.kernels.pension, one draw: same algorithm, same layout, same order of arguments.
   Sums may be reassociated into vector lanes, as in the kernel. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#pragma GCC optimize("associative-math", "no-signed-zeros", "no-trapping-math", "fp-contract=fast")

#define LEAD 8
#define BLOCK 16
#define ADD -1 /* of a program; -2 the larger, -3 the smaller of two amounts */
#define LARGER -2
#define SMALLER -3
typedef int64_t i64;
typedef double *restrict row;
typedef const double *restrict crow;

static inline double low_of(double a, double b) { return b < a ? b : a; }
static inline double high_of(double a, double b) { return b > a ? b : a; }

static inline i64 up(i64 cells) { return (cells + BLOCK - 1) & ~(i64)(BLOCK - 1); }

/* Where the services of one cell begin in the table of a row of starts and steps along T, G, S, X */
static inline i64 start(const i64 *at, i64 row_, i64 t, i64 g, i64 s, i64 x) {
  at += 5 * row_;
  return at[0] + t * at[1] + g * at[2] + s * at[3] + x * at[4];
}

/* size: G S K Q E T V F */
void members(const i64 *size, i64 X, i64 J, const double *death, const double *death_dormant, const double *leave,
             const double *density, const double *increment, const double *drawn_share, const double *table,
             const i64 *exit_at, const i64 *weight_at, const i64 *flat_at, const i64 *right_at, const i64 *age_low,
             const i64 *age_high, const double *target, const double *class_share, const double *reentry_share,
             double reentry_limit, const i64 *entry_cohort, const i64 *valuation_exit, const double *valuation_status,
             const i64 *program, const i64 *program_end, i64 depth, const double *reference, const i64 *reference_of,
             const i64 *right_of, const double *floor_, const double *cap, i64 *top, double *c, double *d,
             double *contributors, double *dormant, double *service_sum, double *entrants, double *reentrants,
             double *laid_off, double *leavers, double *drawn_out, double *exit_contributors, double *exit_dormants,
             double *value_heads, double *value_amount) {
  const i64 G = size[0], S = size[1], K = size[2], Q = size[3], E = size[4], T = size[5], V = size[6], F = size[7];
  const i64 W = (J / BLOCK + 1) * BLOCK, older = K * Q * W, ages = T * S * X, rows = ages * G;
  const i64 cells = (5 + Q + 2 * (E + 1) + 2 * V + 2 * F + 2 * depth) * W;
  double *scratch = aligned_alloc(64, cells * 8);
  row adv = scratch, stay_c = adv + W, stay_d = stay_c + W, column_c = stay_d + W, column_d = column_c + W;
  row mid = column_d + W, event_c = mid + Q * W, event_d = event_c + (E + 1) * W, weight_c = event_d + (E + 1) * W;
  row weight_d = weight_c + V * W, rate_p = weight_d + V * W, rate_r = rate_p + F * W;
  double *heap = rate_r + F * W; /* (2, depth, W) amounts of contributors and of dormant members */
  i64 *first = calloc(V + 1, sizeof(i64)), *end = calloc(V + 1, sizeof(i64)), *reading = calloc(F + 1, sizeof(i64));
  double *persons = calloc(2 * G * K, 8), *service = calloc(2 * G * K, 8);
  memset(scratch, 0, cells * 8);

  for (i64 t = 1; t < T; t++)
    for (i64 s = 0; s < S; s++)
      for (i64 x = X - 1; x >= 0; x--) {
        const i64 at = (t * S + s) * X + x;
        for (i64 g = 0; g < G; g++) {
          const i64 cell = (g * S + s) * X + x, here = LEAD + cell * older, r = t * G * S * X + cell;
          const i64 height = x > 0 && top[cell - 1] > 0 ? (top[cell - 1] + 1 < J ? top[cell - 1] + 1 : J) : 0;
          const i64 wide = up(height);
          if (top[cell] > wide)
            for (i64 o = here; o < here + older; o += W)
              for (i64 j = wide; j < top[cell]; j++) c[o + j] = d[o + j] = 0;
          top[cell] = height;
          for (i64 k = 0; k < K; k++) {
            persons[g * K + k] = persons[(G + g) * K + k] = 0;
            service[g * K + k] = service[(G + g) * K + k] = 0;
          }
          if (height == 0) continue;
          const double qc = death[at], qd = death_dormant[at];
          for (i64 j = 0; j < wide; j++) {
            event_c[E * W + j] = qc;
            event_d[E * W + j] = qd;
            stay_c[j] = 1 - qc;
            stay_d[j] = 1 - qd;
            column_c[j] = column_d[j] = 0;
          }
          for (i64 e = 0; e < E; e++)
            if (age_low[e] <= x && x < age_high[e]) {
              crow tc = table + start(exit_at, e, t, g, s, x), td = table + start(exit_at, E + e, t, g, s, x);
              for (i64 j = 0; j < height; j++) {
                const double p = stay_c[j] * tc[j], q = stay_d[j] * td[j];
                event_c[e * W + j] = p;
                event_d[e * W + j] = q;
                stay_c[j] -= p;
                stay_d[j] -= q;
              }
            }
          for (i64 f = 0; f < F; f++) reading[f] = 1;
          for (i64 v = 0; v < V; v++) {
            i64 e = valuation_exit[v], low = 0, high = 0;
            crow w = table + start(weight_at, v, t, g, s, x);
            if (e < 0)
              e = E, high = height;
            else if (age_low[e] <= x && x < age_high[e])
              high = height;
            while (low < high && !(w[low] > 0)) low++;
            while (low < high && !(w[high - 1] > 0)) high--;
            first[v] = low & ~(i64)(BLOCK - 1);
            end[v] = low < high ? up(high) : first[v];
            for (i64 j = first[v]; j < end[v]; j++) weight_c[v * W + j] = weight_d[v * W + j] = 0;
            const double sc = valuation_status[2 * v], sd = valuation_status[2 * v + 1];
            crow ec = event_c + e * W, ed = event_d + e * W;
            row to_c = weight_c + v * W, to_d = weight_d + v * W;
            for (i64 j = low; j < high; j++) {
              const double u = high_of(w[j], 0);
              to_c[j] = u * sc * ec[j];
              to_d[j] = u * sd * ed[j];
            }
            for (i64 step = program_end[v]; step < program_end[v + 1]; step++) {
              const i64 f = program[step];
              if (f < 0 || low == high || !reading[f]) continue;
              reading[f] = 0;
              crow fl = table + start(flat_at, f, t, g, s, x), pr = table + start(right_at, f, t, g, s, x);
              row to_p = rate_p + f * W, to_r = rate_r + f * W;
              const double of_right = right_of[f] >= 0 ? 1 : 0;
              for (i64 j = 0; j < height; j++) {
                to_p[j] = fl[j];
                to_r[j] = pr[j] * of_right;
              }
            }
          }
          const double u = density[at], lv = leave[at];
          for (i64 k = 0; k < K; k++) {
            const i64 o = here + k * Q * W, b = o - older;
            crow old_c = c + b, old_d = d + b;
            row new_c = c + o, new_d = d + o;
            for (i64 j = 0; j < wide; j++) {
              const double p = c[b + j - 1] * u;
              adv[j] = p;
              mid[j] = old_c[j] * (1 - u) + p;
            }
            if (height == J) {
              const double p = old_c[J - 1] * u;
              adv[J - 1] += p;
              mid[J - 1] += p;
              adv[J] = mid[J] = 0;
            }
            double sp = 0, sq = 0, cp = 0, cq = 0;
            for (i64 j = 0; j < wide; j++) {
              double p = mid[j], q = old_d[j];
              column_c[j] += p;
              column_d[j] += q;
              p *= stay_c[j];
              q = q * stay_d[j] + lv * p;
              p *= 1 - lv;
              new_c[j] = p;
              new_d[j] = q;
              sp += p;
              sq += q;
              cp += (j + 0.5) * p;
              cq += (j + 0.5) * q;
            }
            persons[g * K + k] = sp;
            persons[(G + g) * K + k] = sq;
            service[g * K + k] = cp;
            service[(G + g) * K + k] = cq;
            for (i64 m = 1; m < Q; m++) {
              const double half = 0.5 * increment[(at * K + k) * (Q - 1) + m - 1];
              crow rc = old_c + m * W, rd = old_d + m * W;
              row mid_m = mid + m * W, to_c = new_c + m * W, to_d = new_d + m * W;
              for (i64 j = 0; j < wide; j++) mid_m[j] = rc[j] * (1 - u) + rc[j - 1] * u + half * adv[j];
              if (height == J) {
                mid_m[J - 1] += rc[J - 1] * u;
                mid_m[J] = 0;
              }
              for (i64 j = 0; j < wide; j++) {
                const double p = mid_m[j] * stay_c[j];
                to_d[j] = rd[j] * stay_d[j] + lv * p;
                to_c[j] = (1 - lv) * (p + half * adv[j] * stay_c[j]);
              }
            }
            for (i64 v = 0; v < V; v++) {
              if (first[v] == end[v]) continue;
              const double least = floor_[v * T + t], most = cap[v * T + t];
              const double *wc = weight_c + v * W, *wd = weight_d + v * W, *pc = mid, *pd = old_d;
              double heads = 0, amount = 0;
              if (program_end[v + 1] - program_end[v] == 1) { /* one form, the usual case, in one go */
                const i64 f = program[program_end[v]], m = right_of[f] + 1;
                const double ref = reference[(reference_of[f] * ages + at) * K + k];
                const double *fp = rate_p + f * W, *fr = rate_r + f * W, *rc = mid + m * W, *rd = old_d + m * W;
                for (i64 j = first[v]; j < end[v]; j++) {
                  const double p = pc[j], q = pd[j], w = fp[j] * ref;
                  const double g = fr[j] * ref, y = w * p + g * rc[j], z = w * q + g * rd[j];
                  heads += wc[j] * p + wd[j] * q;
                  amount += wc[j] * high_of(least * p, low_of(most * p, y));
                  amount += wd[j] * high_of(least * q, low_of(most * q, z));
                }
                value_heads[(v * rows + r) * K + k] = heads;
                value_amount[(v * rows + r) * K + k] = amount;
                continue;
              }
              i64 n = 0;
              for (i64 step = program_end[v]; step < program_end[v + 1]; step++) {
                const i64 f = program[step];
                if (f >= 0) {
                  const i64 m = right_of[f] + 1;
                  const double ref = reference[(reference_of[f] * ages + at) * K + k];
                  const double *fp = rate_p + f * W, *fr = rate_r + f * W, *rc = mid + m * W, *rd = old_d + m * W;
                  row to_c = heap + n * W, to_d = heap + (depth + n) * W;
                  for (i64 j = first[v]; j < end[v]; j++) {
                    const double w = fp[j] * ref, g = fr[j] * ref;
                    to_c[j] = w * pc[j] + g * rc[j];
                    to_d[j] = w * pd[j] + g * rd[j];
                  }
                  n++;
                  continue;
                }
                n--;
                for (i64 status = 0; status < 2; status++) {
                  row y = heap + (status * depth + n - 1) * W;
                  crow z = heap + (status * depth + n) * W;
                  if (f == ADD)
                    for (i64 j = first[v]; j < end[v]; j++) y[j] += z[j];
                  else if (f == LARGER)
                    for (i64 j = first[v]; j < end[v]; j++) y[j] = high_of(y[j], z[j]);
                  else if (f == SMALLER)
                    for (i64 j = first[v]; j < end[v]; j++) y[j] = low_of(y[j], z[j]);
                  else
                    for (i64 j = first[v]; j < end[v]; j++) y[j] -= z[j];
                }
              }
              crow yc = heap, yd = heap + depth * W;
              for (i64 j = first[v]; j < end[v]; j++) {
                const double p = pc[j], q = pd[j];
                heads += wc[j] * p + wd[j] * q;
                amount += wc[j] * high_of(least * p, low_of(most * p, yc[j]));
                amount += wd[j] * high_of(least * q, low_of(most * q, yd[j]));
              }
              value_heads[(v * rows + r) * K + k] = heads;
              value_amount[(v * rows + r) * K + k] = amount;
            }
            for (i64 m = 1; m < Q; m++) { /* what is drawn out of accounts by those who stay */
              const double w = drawn_share[at * (Q - 1) + m - 1];
              if (!(w > 0)) continue;
              row rc = new_c + m * W, rd = new_d + m * W;
              double drawn = 0;
              for (i64 j = 0; j < wide; j++) {
                drawn += rc[j] + rd[j];
                rc[j] *= 1 - w;
                rd[j] *= 1 - w;
              }
              drawn_out[(at * K + k) * (Q - 1) + m - 1] += w * drawn;
            }
          }
          for (i64 e = 0; e < E; e++)
            if (age_low[e] <= x && x < age_high[e]) {
              double p = 0, q = 0;
              for (i64 j = 0; j < height; j++) {
                p += event_c[e * W + j] * column_c[j];
                q += event_d[e * W + j] * column_d[j];
              }
              exit_contributors[e * rows + r] = p;
              exit_dormants[e * rows + r] = q;
            }
          double left = 0;
          for (i64 j = 0; j < wide; j++) left += column_c[j] * stay_c[j];
          leavers[at] += lv * left;
        }
        double served = 0;
        for (i64 k = 0; k < K; k++) {
          double sp = 0, sq = 0, keep = 1, call = 0, rest = 0;
          for (i64 g = 0; g < G; g++) sp += persons[g * K + k], sq += persons[(G + g) * K + k];
          const double missing = target[at] * class_share[k] - sp;
          if (missing > 0) {
            if (sq > 0) call = low_of(reentry_share[at] * missing / sq, reentry_limit);
            rest = high_of(missing - call * sq, 0);
            entrants[at * K + k] = rest;
            reentrants[at * K + k] = call * sq;
          } else if (missing < 0 && sp > 0) {
            keep = high_of(1 + missing / sp, 0);
            laid_off[at * K + k] = (1 - keep) * sp;
          }
          for (i64 g = 0; g < G; g++) {
            const i64 cell = (g * S + s) * X + x, r = t * G * S * X + cell, o = LEAD + cell * older + k * Q * W;
            if (keep < 1 || call > 0) {
              const i64 wide = up(top[cell]);
              for (i64 m = Q - 1; m >= 0; m--) {
                row pc = c + o + m * W, pd = d + o + m * W;
                crow heads = d + o;
                const double half = m > 0 ? call * 0.5 * increment[(at * K + k) * (Q - 1) + m - 1] : 0;
                for (i64 j = 0; j < wide; j++) {
                  const double move = call * pd[j] - (1 - keep) * pc[j];
                  pc[j] += move + half * heads[j];
                  pd[j] -= move;
                }
              }
            }
            const double move = call * persons[(G + g) * K + k] - (1 - keep) * persons[g * K + k];
            contributors[r * K + k] = persons[g * K + k] + move;
            dormant[r * K + k] = persons[(G + g) * K + k] - move;
            served += keep * service[g * K + k] + call * service[(G + g) * K + k];
            if (rest > 0 && g == entry_cohort[t]) {
              if (top[cell] == 0) top[cell] = 1;
              contributors[r * K + k] += rest;
              served += 0.5 * rest;
              c[o] += rest;
              for (i64 m = 1; m < Q; m++) c[o + m * W] += 0.5 * increment[(at * K + k) * (Q - 1) + m - 1] * rest;
            }
          }
        }
        service_sum[at] = served;
      }
  free(scratch), free(first), free(end), free(reading), free(persons), free(service);
}

/* size: T S A K; year 0 of heads and amount is given */
void pensions(const i64 *size, const double *new_heads, const double *new_amount, const double *death,
              const double *rise, const double *first_rise, const double *floor_, const double *cap, double *heads,
              double *amount, double *deaths) {
  const i64 T = size[0], S = size[1], A = size[2], K = size[3], stock = S * A * K;
  for (i64 t = 1; t < T; t++) {
    for (i64 s = 0; s < S; s++)
      for (i64 x = 0; x < A; x++) {
        const i64 cell = (t * S + s) * A + x;
        const double q = death[cell], open_rise = rise[cell], older_rise = rise[x > 0 ? cell - 1 : cell];
        for (i64 k = 0; k < K; k++) {
          const i64 i = ((t * S + s) * A + x) * K + k;
          double h = 0, b = 0;
          if (x > 0) h = heads[i - stock - K], b = amount[i - stock - K] * older_rise;
          if (x == A - 1) h += heads[i - stock], b += amount[i - stock] * open_rise;
          const double died = q * h;
          h = h + new_heads[i] - died;
          b = b * (1 - q) + new_amount[i] * first_rise[t];
          heads[i] = h;
          amount[i] = high_of(floor_[t] * h, low_of(cap[t] * h, b));
          deaths[i] = died;
        }
      }
  }
}
