/* Plain-C twin of spsim.kernels.pension, one draw: same algorithm, same layout, same order of arguments.
   Sums may be reassociated into vector lanes, as in the kernel. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#pragma GCC optimize("associative-math", "no-signed-zeros", "no-trapping-math", "fp-contract=fast")

#define LEAD 8
#define BLOCK 16
typedef int64_t i64;
typedef double *restrict row;
typedef const double *restrict crow;

static inline double low_of(double a, double b) { return b < a ? b : a; }
static inline double high_of(double a, double b) { return b > a ? b : a; }

static inline i64 up(i64 cells) { return (cells + BLOCK - 1) & ~(i64)(BLOCK - 1); }

/* size: X G S K Q E T V J and whether valuations are shared by the entry cohorts */
void members(const i64 *size, const double *death, const double *death_dormant, const double *leave,
             const double *density, const double *increment, const double *exit_contributor,
             const double *exit_dormant, const i64 *age_low, const i64 *age_high, const double *target,
             const double *class_share, const double *reentry_share, double reentry_limit, const i64 *entry_cohort,
             const i64 *valuation_exit, const double *valuation_status, const double *heads_weight,
             const double *flat, const double *reference, const double *per_right, const i64 *right_of,
             const double *floor_, const double *cap, i64 *top, double *c, double *d, double *contributors,
             double *dormant, double *service_sum, double *entrants, double *reentrants, double *laid_off,
             double *leavers, double *exit_contributors, double *exit_dormants, double *value_heads,
             double *value_amount) {
  const i64 X = size[0], G = size[1], S = size[2], K = size[3], Q = size[4], E = size[5], T = size[6], V = size[7],
            J = size[8], shared = size[9];
  const i64 W = (J / BLOCK + 1) * BLOCK, older = K * Q * W, ages = T * S * X, rows = ages * G;
  const i64 value_rows = shared ? ages : rows;
  double *scratch = aligned_alloc(64, (8 + Q + 2 * (E + 1) + 4 * V) * W * 8);
  row adv = scratch, stay_c = adv + W, stay_d = stay_c + W, column_c = stay_d + W, column_d = column_c + W;
  row mid = column_d + W, event_c = mid + Q * W, event_d = event_c + (E + 1) * W, weight_c = event_d + (E + 1) * W;
  row weight_d = weight_c + V * W, rate_p = weight_d + V * W, rate_r = rate_p + V * W;
  i64 *first = calloc(V + 1, sizeof(i64)), *end = calloc(V + 1, sizeof(i64));
  double *persons = calloc(2 * G * K, 8), *service = calloc(2 * G * K, 8);
  memset(scratch, 0, (8 + Q + 2 * (E + 1) + 4 * V) * W * 8);

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
              crow tc = exit_contributor + (e * rows + r) * J, td = exit_dormant + (e * rows + r) * J;
              for (i64 j = 0; j < height; j++) {
                const double p = stay_c[j] * tc[j], q = stay_d[j] * td[j];
                event_c[e * W + j] = p;
                event_d[e * W + j] = q;
                stay_c[j] -= p;
                stay_d[j] -= q;
              }
            }
          for (i64 v = 0; v < V; v++) {
            i64 e = valuation_exit[v], low = 0, high = 0;
            const i64 i = (v * value_rows + (shared ? at : r)) * J;
            crow w = heads_weight + i, fl = flat + i, pr = per_right + i;
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
            row to_c = weight_c + v * W, to_d = weight_d + v * W, to_p = rate_p + v * W, to_r = rate_r + v * W;
            const double of_right = right_of[v] >= 0 ? 1 : 0;
            for (i64 j = low; j < high; j++) {
              const double u = high_of(w[j], 0);
              to_c[j] = u * sc * ec[j];
              to_d[j] = u * sd * ed[j];
              to_p[j] = fl[j];
              to_r[j] = pr[j] * of_right;
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
              const i64 m = right_of[v] + 1;
              const double ref = reference[(v * ages + at) * K + k], least = floor_[v * T + t], most = cap[v * T + t];
              const double *wc = weight_c + v * W, *wd = weight_d + v * W, *fp = rate_p + v * W, *fr = rate_r + v * W;
              const double *pc = mid, *rc = mid + m * W, *pd = old_d, *rd = old_d + m * W;
              double heads = 0, amount = 0;
              for (i64 j = first[v]; j < end[v]; j++) {
                const double p = pc[j], q = pd[j], f = fp[j] * ref;
                const double g = fr[j] * ref, y = f * p + g * rc[j], z = f * q + g * rd[j];
                heads += wc[j] * p + wd[j] * q;
                amount += wc[j] * high_of(least * p, low_of(most * p, y));
                amount += wd[j] * high_of(least * q, low_of(most * q, z));
              }
              value_heads[(v * rows + r) * K + k] = heads;
              value_amount[(v * rows + r) * K + k] = amount;
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
  free(scratch), free(first), free(end), free(persons), free(service);
}

/* size: T S A K; year 0 of heads and amount is given */
void pensions(const i64 *size, const double *new_heads, const double *new_amount, const double *death,
              const double *indexation, const double *floor_, const double *cap, double *heads, double *amount,
              double *deaths) {
  const i64 T = size[0], S = size[1], A = size[2], K = size[3], stock = S * A * K;
  for (i64 t = 1; t < T; t++) {
    const double rise = 1 + indexation[t], half_rise = sqrt(rise);
    for (i64 s = 0; s < S; s++)
      for (i64 x = 0; x < A; x++) {
        const double q = death[(t * S + s) * A + x];
        for (i64 k = 0; k < K; k++) {
          const i64 i = ((t * S + s) * A + x) * K + k;
          double h = 0, b = 0;
          if (x > 0) h = heads[i - stock - K], b = amount[i - stock - K];
          if (x == A - 1) h += heads[i - stock], b += amount[i - stock];
          const double died = q * h;
          h = h + new_heads[i] - died;
          b = b * (1 - q) * rise + new_amount[i] * half_rise;
          heads[i] = h;
          amount[i] = high_of(floor_[t] * h, low_of(cap[t] * h, b));
          deaths[i] = died;
        }
      }
  }
}
