/* Cohort component, the plain-C twin of spsim.kernels.population: same algorithm, same layout, same outputs. */
#include <stddef.h>

void project_population(
    size_t draws, size_t steps, size_t ages, const double *restrict base, const double *restrict survival,
    const double *restrict survival_open, const double *restrict fertility, const double *restrict sex_ratio,
    const double *restrict migration, double share_at_start, double step_years, double *restrict persons,
    double *restrict births, double *restrict deaths)
{
    const double share_at_end = 1.0 - share_at_start;
    const size_t both = 2 * ages;
    for (size_t n = 0; n < draws; n++) {
        double *people = persons + n * (steps + 1) * both;
        for (size_t i = 0; i < both; i++) people[i] = base[n * both + i];
        for (size_t t = 0; t < steps; t++) {
            const size_t step = n * steps + t;
            for (size_t s = 0; s < 2; s++) {
                const double *restrict now = people + t * both + s * ages;
                double *restrict next = people + (t + 1) * both + s * ages;
                const double *restrict moved = migration + step * both + s * ages;
                const double *restrict surviving = survival + step * both + s * ages;
                double *restrict dying = deaths + step * both + s * ages;
                for (size_t x = 0; x + 1 < ages; x++) {
                    const double exposed = now[x] + share_at_start * moved[x];
                    const double alive = exposed * surviving[x + 1];
                    next[x + 1] = alive + share_at_end * moved[x + 1];
                    dying[x + 1] = exposed - alive;
                }
                const double exposed = now[ages - 1] + share_at_start * moved[ages - 1];
                const double alive = exposed * survival_open[step * 2 + s];
                next[ages - 1] += alive;
                dying[ages - 1] += exposed - alive;
            }
            const double *restrict now = people + t * both + ages;
            const double *restrict next = people + (t + 1) * both + ages;
            const double *restrict moved = migration + step * both + ages;
            const double *restrict rates = fertility + step * ages;
            double total = 0.0;
            for (size_t x = 1; x < ages; x++) total += rates[x] * (now[x] + share_at_start * moved[x] + next[x]);
            total *= 0.5 * step_years;
            births[step * 2] = total * sex_ratio[step] / (1.0 + sex_ratio[step]);
            births[step * 2 + 1] = total - births[step * 2];
            for (size_t s = 0; s < 2; s++) {
                const size_t newborn = step * both + s * ages;
                const double alive = births[step * 2 + s] * survival[newborn];
                people[(t + 1) * both + s * ages] = alive + share_at_end * migration[newborn];
                deaths[newborn] = births[step * 2 + s] - alive;
            }
        }
    }
}
