/* Plain-C twin of spsim.kernels.pension: same algorithm, same layout, same arguments.
   Sums may be reassociated into vector lanes, as in the kernel. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#pragma GCC optimize("associative-math", "no-signed-zeros", "no-trapping-math", "fp-contract=fast")

#define LARGE 1e200
typedef int64_t i64;
typedef double *restrict row;
typedef const double *restrict crow;

static inline double low_of(double a, double b) { return b < a ? b : a; }
static inline double high_of(double a, double b) { return b > a ? b : a; }

/* size: N G S X K Q J JP E T V cohorts, then 1 where the array has an axis of draws:
   death, death_dormant, increment, target, reference, floor, cap */
void members(const i64 *size, const double *contributors0, const double *dormant0, const double *death,
             const double *death_dormant, const double *leave, const double *density, const double *increment,
             const double *exit_contributor, const double *exit_dormant, const i64 *age_low, const i64 *age_high,
             const double *target, const double *class_share, const double *reentry_share, double reentry_limit,
             const i64 *entry_cohort, const i64 *valuation_exit, const double *valuation_status,
             const double *heads_weight, const double *flat, const double *reference, const double *per_right,
             const i64 *right_of, const double *floor_, const double *cap, double *c, double *d,
             double *contributors, double *dormant, double *service_sum, double *entrants, double *reentrants,
             double *laid_off, double *leavers, double *deaths_contributors, double *deaths_dormant,
             double *aged_out, double *exit_contributors, double *exit_dormants, double *value_heads,
             double *value_amount) {
  const i64 N = size[0], G = size[1], S = size[2], X = size[3], K = size[4], Q = size[5], J = size[6], JP = size[7],
            E = size[8], T = size[9], V = size[10], GV = size[11];
  const i64 *by_draw = size + 12;
  const i64 cells = T * S * X, stock = G * S * X * K * Q * JP;
  i64 *top = calloc(G * S * X, sizeof(i64)), *first = calloc(V + 1, sizeof(i64)), *end = calloc(V + 1, sizeof(i64));
  double *adv_ = aligned_alloc(64, Q * JP * 8), *mid_ = aligned_alloc(64, Q * JP * 8);
  double *stay_ = aligned_alloc(64, 2 * JP * 8), *event_ = aligned_alloc(64, 2 * (E + 1) * JP * 8);
  double *weight_ = aligned_alloc(64, 2 * (V + 1) * JP * 8), *column_ = aligned_alloc(64, 2 * JP * 8);
  double *persons = calloc(2 * G * K, 8), *service = calloc(2 * G * K, 8);

#define ROW(p, g, s, x, k, m) ((p) + (((((g) * S + (s)) * X + (x)) * K + (k)) * Q + (m)) * JP)
  for (i64 n = 0; n < N; n++) {
    double *cn = c + n * stock, *dn = d + n * stock;
    const double *qn = death + n * by_draw[0] * cells, *qdn = death_dormant + n * by_draw[1] * cells;
    const double *inc = increment + n * by_draw[2] * cells * K * (Q - 1), *aim = target + n * by_draw[3] * cells;
    const double *refn = reference + n * by_draw[4] * V * cells * K;
    const double *floorn = floor_ + n * by_draw[5] * V * T, *capn = cap + n * by_draw[6] * V * T;
    double *Cn = contributors + n * T * G * S * X * K, *Dn = dormant + n * T * G * S * X * K;
    double *served_n = service_sum + n * cells;
    for (i64 g = 0; g < G; g++)
      for (i64 s = 0; s < S; s++)
        for (i64 x = 0; x < X; x++) {
          i64 height = 0;
          for (i64 k = 0; k < K; k++) {
            for (i64 m = 0; m < Q; m++)
              for (i64 j = 0; j < J; j++) {
                i64 i = (((((g * S + s) * X + x) * K + k) * Q + m)) * J + j;
                ROW(cn, g, s, x, k, m)[j] = contributors0[i];
                ROW(dn, g, s, x, k, m)[j] = dormant0[i];
                if ((contributors0[i] != 0 || dormant0[i] != 0) && j >= height) height = j + 1;
              }
            double pc = 0, pd = 0, sc = 0;
            for (i64 j = 0; j < J; j++) {
              pc += ROW(cn, g, s, x, k, 0)[j];
              pd += ROW(dn, g, s, x, k, 0)[j];
              sc += (j + 0.5) * ROW(cn, g, s, x, k, 0)[j];
            }
            Cn[((g * S + s) * X + x) * K + k] = pc;
            Dn[((g * S + s) * X + x) * K + k] = pd;
            served_n[s * X + x] += sc;
          }
          top[(g * S + s) * X + x] = height;
        }
    for (i64 t = 1; t < T; t++)
      for (i64 s = 0; s < S; s++) {
        double out = 0;
        for (i64 g = 0; g < G; g++)
          for (i64 k = 0; k < K; k++) {
            i64 i = ((((t - 1) * G + g) * S + s) * X + X - 1) * K + k;
            out += Cn[i] + Dn[i];
          }
        aged_out[(n * T + t) * S + s] = out;
        for (i64 x = X - 1; x >= 0; x--) {
          const i64 at = (t * S + s) * X + x;
          for (i64 g = 0; g < G; g++) {
            i64 *const here = top + (g * S + s) * X + x;
            const i64 before = x > 0 ? here[-1] : 0;
            const i64 height = before == 0 ? 0 : (before + 1 < J ? before + 1 : J);
            for (i64 k = 0; k < K; k++) {
              for (i64 m = 0; m < Q; m++)
                for (i64 j = height; j < *here; j++) ROW(cn, g, s, x, k, m)[j] = ROW(dn, g, s, x, k, m)[j] = 0;
              persons[g * K + k] = persons[(G + g) * K + k] = 0;
              service[g * K + k] = service[(G + g) * K + k] = 0;
            }
            *here = height;
            if (height == 0) continue;
            const double qc = qn[at], qd = qdn[at];
            row event_c = event_, event_d = event_ + (E + 1) * JP, stay_c = stay_, stay_d = stay_ + JP;
            row column_c = column_, column_d = column_ + JP;
            for (i64 j = 0; j < height; j++) {
              event_c[E * JP + j] = qc;
              event_d[E * JP + j] = qd;
              stay_c[j] = 1 - qc;
              stay_d[j] = 1 - qd;
              column_c[j] = column_d[j] = 0;
            }
            for (i64 e = 0; e < E; e++)
              if (age_low[e] <= x && x < age_high[e]) {
                const i64 i = ((((e * T + t) * G + g) * S + s) * X + x) * J;
                crow tc = exit_contributor + i, td = exit_dormant + i;
                for (i64 j = 0; j < height; j++) {
                  const double pc = stay_c[j] * tc[j], pd = stay_d[j] * td[j];
                  event_c[e * JP + j] = pc;
                  event_d[e * JP + j] = pd;
                  stay_c[j] -= pc;
                  stay_d[j] -= pd;
                }
              }
            const i64 gv = GV > 1 ? g : 0;
            for (i64 v = 0; v < V; v++) {
              i64 e = valuation_exit[v];
              first[v] = end[v] = 0;
              if (e < 0)
                e = E;
              else if (x < age_low[e] || x >= age_high[e])
                continue;
              crow w = heads_weight + ((((v * T + t) * GV + gv) * S + s) * X + x) * J;
              i64 low = 0, high = height;
              while (low < high && !(w[low] > 0)) low++;
              while (low < high && !(w[high - 1] > 0)) high--;
              first[v] = low;
              end[v] = high;
              const double wc = valuation_status[2 * v], wd = valuation_status[2 * v + 1];
              row weight_c = weight_ + v * JP, weight_d = weight_ + (V + v) * JP;
              crow ec = event_c + e * JP, ed = event_d + e * JP;
              for (i64 j = low; j < high; j++) {
                const double u = high_of(w[j], 0);
                weight_c[j] = u * wc * ec[j];
                weight_d[j] = u * wd * ed[j];
              }
            }
            const double u = density[at], lv = leave[at];
            double died_c = 0, died_d = 0;
            for (i64 k = 0; k < K; k++) {
              for (i64 m = 0; m < Q; m++) {
                row adv = adv_ + m * JP;
                crow old = ROW(cn, g, s, x - 1, k, m);
                adv[0] = 0;
                for (i64 j = 0; j < height - 1; j++) adv[j + 1] = u * old[j];
                if (height == J) adv[J - 1] += u * old[J - 1];
              }
              double pc = 0, pd = 0, sc = 0, sd = 0;
              crow adv = adv_, old_c = ROW(cn, g, s, x - 1, k, 0), old_d = ROW(dn, g, s, x - 1, k, 0);
              row mid = mid_, new_c = ROW(cn, g, s, x, k, 0), new_d = ROW(dn, g, s, x, k, 0);
              for (i64 j = 0; j < height; j++) {
                double p = (1 - u) * old_c[j] + adv[j], b = old_d[j];
                mid[j] = p;
                column_c[j] += p;
                column_d[j] += b;
                p *= stay_c[j];
                b = b * stay_d[j] + lv * p;
                p *= 1 - lv;
                new_c[j] = p;
                new_d[j] = b;
                pc += p;
                pd += b;
                sc += (j + 0.5) * p;
                sd += (j + 0.5) * b;
              }
              for (i64 m = 1; m < Q; m++) {
                const double half = 0.5 * inc[(at * K + k) * (Q - 1) + m - 1];
                crow adv_m = adv_ + m * JP, rc = ROW(cn, g, s, x - 1, k, m), rd = ROW(dn, g, s, x - 1, k, m);
                row mid_m = mid_ + m * JP, qc_ = ROW(cn, g, s, x, k, m), qd_ = ROW(dn, g, s, x, k, m);
                for (i64 j = 0; j < height; j++) {
                  const double h = half * adv[j], r0 = (1 - u) * rc[j] + adv_m[j] + h, r1 = (r0 + h) * stay_c[j];
                  mid_m[j] = r0;
                  qc_[j] = (1 - lv) * r1;
                  qd_[j] = rd[j] * stay_d[j] + lv * r1;
                }
              }
              persons[g * K + k] = pc;
              persons[(G + g) * K + k] = pd;
              service[g * K + k] = sc;
              service[(G + g) * K + k] = sd;
              const i64 was = ((((t - 1) * G + g) * S + s) * X + x - 1) * K + k;
              died_c += Cn[was];
              died_d += Dn[was];
              for (i64 v = 0; v < V; v++) {
                if (first[v] == end[v]) continue;
                const double ref = refn[(v * cells + at) * K + k], low = high_of(floorn[v * T + t], -LARGE),
                             high = low_of(capn[v * T + t], LARGE), of_right = right_of[v] >= 0 ? 1 : 0;
                const i64 m = right_of[v] + 1, i = ((((v * T + t) * GV + gv) * S + s) * X + x) * J;
                const double *fl = flat + i, *pr = per_right + i, *wc = weight_ + v * JP;
                const double *wd = weight_ + (V + v) * JP, *mid_m = mid_ + m * JP;
                const double *rd = ROW(dn, g, s, x - 1, k, m), *p_c = mid_, *p_d = old_d;
                double heads = 0, amount = 0;
                for (i64 j = first[v]; j < end[v]; j++) {
                  const double f = fl[j] * ref, z = pr[j] * of_right, a = wc[j] * p_c[j], b = wd[j] * p_d[j];
                  const double ya = f * a + z * wc[j] * mid_m[j], yb = f * b + z * wd[j] * rd[j];
                  heads += a + b;
                  amount += high_of(low * a, low_of(high * a, ya));
                  amount += high_of(low * b, low_of(high * b, yb));
                }
                const i64 to = (((((n * V + v) * T + t) * G + g) * S + s) * X + x) * K + k;
                value_heads[to] = heads;
                value_amount[to] = amount;
              }
            }
            for (i64 e = 0; e < E; e++)
              if (age_low[e] <= x && x < age_high[e]) {
                double pc = 0, pd = 0;
                for (i64 j = 0; j < height; j++) {
                  pc += event_c[e * JP + j] * column_c[j];
                  pd += event_d[e * JP + j] * column_d[j];
                }
                const i64 to = ((((n * E + e) * T + t) * G + g) * S + s) * X + x;
                exit_contributors[to] = pc;
                exit_dormants[to] = pd;
              }
            double left = 0;
            for (i64 j = 0; j < height; j++) left += column_c[j] * stay_c[j];
            leavers[n * cells + at] += lv * left;
            deaths_contributors[n * cells + at] += qc * died_c;
            deaths_dormant[n * cells + at] += qd * died_d;
          }
          double served = 0;
          for (i64 k = 0; k < K; k++) {
            double insured = 0, idle = 0, keep = 1, call = 0, rest = 0;
            const i64 to = (n * cells + at) * K + k;
            for (i64 g = 0; g < G; g++) {
              insured += persons[g * K + k];
              idle += persons[(G + g) * K + k];
            }
            if (!isnan(aim[at])) {
              const double missing = aim[at] * class_share[k] - insured;
              if (missing > 0) {
                if (idle > 0) call = low_of(reentry_share[at] * missing / idle, reentry_limit);
                rest = high_of(missing - call * idle, 0);
                entrants[to] = rest;
                reentrants[to] = call * idle;
              } else if (insured > 0) {
                keep = high_of(1 + missing / insured, 0);
                laid_off[to] = (1 - keep) * insured;
              }
            }
            if (keep < 1 || call > 0)
              for (i64 g = 0; g < G; g++)
                for (i64 m = 0; m < Q; m++) {
                  row pc = ROW(cn, g, s, x, k, m), pd = ROW(dn, g, s, x, k, m);
                  const i64 height = top[(g * S + s) * X + x];
                  for (i64 j = 0; j < height; j++) {
                    const double move = call * pd[j] - (1 - keep) * pc[j];
                    pc[j] += move;
                    pd[j] -= move;
                  }
                }
            for (i64 g = 0; g < G; g++) {
              const double p = persons[g * K + k], b = persons[(G + g) * K + k];
              const double move = call * b - (1 - keep) * p;
              const i64 i = (((t * G + g) * S + s) * X + x) * K + k;
              Cn[i] = p + move;
              Dn[i] = b - move;
              served += keep * service[g * K + k] + call * service[(G + g) * K + k];
            }
            if (rest > 0) {
              const i64 g = entry_cohort[t];
              if (top[(g * S + s) * X + x] == 0) top[(g * S + s) * X + x] = 1;
              ROW(cn, g, s, x, k, 0)[0] += rest;
              for (i64 m = 1; m < Q; m++)
                ROW(cn, g, s, x, k, m)[0] += 0.5 * inc[(at * K + k) * (Q - 1) + m - 1] * rest;
              Cn[(((t * G + g) * S + s) * X + x) * K + k] += rest;
              served += 0.5 * rest;
            }
          }
          served_n[at] = served;
        }
      }
  }
  free(top), free(first), free(end), free(adv_), free(mid_), free(stay_), free(event_), free(weight_), free(column_);
  free(persons), free(service);
}

/* size: N T S A K, then 1 where the array has an axis of draws: new_heads, new_amount, death, indexation, floor, cap */
void pensions(const i64 *size, const double *new_heads, const double *new_amount, const double *base_heads,
              const double *base_amount, const double *death, const double *indexation, const double *floor_,
              const double *cap, double *heads, double *amount, double *deaths) {
  const i64 N = size[0], T = size[1], S = size[2], A = size[3], K = size[4];
  const i64 stock = S * A * K;
  for (i64 n = 0; n < N; n++) {
    crow wn = new_heads + n * size[5] * T * stock, bn = new_amount + n * size[6] * T * stock;
    crow q_ = death + n * size[7] * T * S * A, in = indexation + n * size[8] * T;
    crow ln = floor_ + n * size[9] * T, un = cap + n * size[10] * T;
    double *H = heads + n * T * stock, *B = amount + n * T * stock, *Z = deaths + n * T * stock;
    memcpy(H, base_heads, stock * 8);
    memcpy(B, base_amount, stock * 8);
    for (i64 t = 1; t < T; t++) {
      const double rise = 1 + in[t], half_rise = sqrt(rise), low = high_of(ln[t], -LARGE), high = low_of(un[t], LARGE);
      for (i64 s = 0; s < S; s++)
        for (i64 x = 0; x < A; x++) {
          const double q = q_[(t * S + s) * A + x];
          for (i64 k = 0; k < K; k++) {
            const i64 i = ((t * S + s) * A + x) * K + k;
            double h = 0, a = 0;
            if (x > 0) h = H[i - stock - K], a = B[i - stock - K];
            if (x == A - 1) h += H[i - stock], a += B[i - stock];
            const double died = q * h + 0.5 * q * wn[i];
            h = h + wn[i] - died;
            a = a * (1 - q) * rise + bn[i] * (1 - 0.5 * q) * half_rise;
            H[i] = h;
            B[i] = high_of(low * h, low_of(high * h, a));
            Z[i] = died;
          }
        }
    }
  }
}
