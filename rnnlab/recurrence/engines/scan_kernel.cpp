// Affine recurrences s_t = a_t * s_{t-1} + b_t, or s_t = (1 - a_t) * s_{t-1} + a_t * b_t, and their
// adjoints, one row and one block of channels after the other. Every element is computed alone and in the order of time, so that the
// result does not depend on the number of threads.

#include <cstdint>

namespace {

template <typename Real>
struct Complex {
    Real re, im;
};

template <typename Real>
inline Complex<Real> operator+(Complex<Real> x, Complex<Real> y) {
    return {x.re + y.re, x.im + y.im};
}

template <typename Real>
inline Complex<Real> operator-(Complex<Real> x, Complex<Real> y) {
    return {x.re - y.re, x.im - y.im};
}

// Without the search for infinities of std::complex, which would keep loops from being vectorised.
template <typename Real>
inline Complex<Real> operator*(Complex<Real> x, Complex<Real> y) {
    return {x.re * y.re - x.im * y.im, x.re * y.im + x.im * y.re};
}

template <typename Real>
inline Complex<Real> conj(Complex<Real> x) {
    return {x.re, -x.im};
}
inline float conj(float x) { return x; }
inline double conj(double x) { return x; }

}  // namespace

// The same fields, in the same order, as the class in scan_kernel.py. Strides count elements;
// channels lie side by side. What is not given is null.
struct Scan {
    int64_t rows, steps, channels, threads;
    const void *a, *b, *state, *initial;
    const void *gradient;    // of the states, which the adjoint reads
    int64_t a_row, a_step, b_row, b_step, state_row, initial_row, gradient_row, gradient_step;
    int64_t summed;          // whether one a serves all steps, so that it has one gradient
    const int64_t *lengths;  // (rows,): steps that are valid
    const uint8_t *reset;    // (rows, steps): where initial comes before a step
    void *states;            // (rows, steps, channels)
    void *a_gradient;        // (rows, steps, channels), or (rows, channels) if summed
    void *b_gradient;        // (rows, steps, channels)
    void *state_gradient;    // (rows, channels)
    void *initial_gradient;  // (rows, channels); may be null
};

namespace {

constexpr int64_t BLOCK = 256;  // channels at a time: what is carried stays in the first cache

inline int64_t smaller(int64_t x, int64_t y) { return x < y ? x : y; }

inline int64_t valid_steps(const Scan &s, int64_t row) {
    if (!s.lengths || s.lengths[row] > s.steps) return s.steps;
    return s.lengths[row] < 0 ? 0 : s.lengths[row];
}

inline bool is_reset(const Scan &s, int64_t row, int64_t t) {
    return s.reset && s.reset[row * s.steps + t];
}

template <typename Number, bool interpolate>
void run_block(const Scan &s, int64_t row, int64_t start, int64_t width) {
    const Number *a = static_cast<const Number *>(s.a) + row * s.a_row + start;
    const Number *b = static_cast<const Number *>(s.b) + row * s.b_row + start;
    const Number *state = static_cast<const Number *>(s.state) + row * s.state_row + start;
    const Number *initial = nullptr;
    if (s.initial) initial = static_cast<const Number *>(s.initial) + row * s.initial_row + start;
    Number *states = static_cast<Number *>(s.states) + row * s.steps * s.channels + start;
    const int64_t valid = valid_steps(s, row);
    const Number *before = state;
    int64_t t = 0;
    for (; t < valid; ++t) {
        if (is_reset(s, row, t)) before = initial;
        const Number *__restrict at = a + t * s.a_step;
        const Number *__restrict bt = b + t * s.b_step;
        Number *__restrict now = states + t * s.channels;
        for (int64_t c = 0; c < width; ++c) {
            if (interpolate)
                now[c] = before[c] + at[c] * (bt[c] - before[c]);
            else
                now[c] = at[c] * before[c] + bt[c];
        }
        before = now;
    }
    for (; t < s.steps; ++t) {
        Number *now = states + t * s.channels;
        for (int64_t c = 0; c < width; ++c) now[c] = before[c];
    }
}

template <typename Number, bool interpolate>
void adjoint_block(const Scan &s, int64_t row, int64_t start, int64_t width) {
    const Number *a = static_cast<const Number *>(s.a) + row * s.a_row + start;
    const Number *b = nullptr;
    if (interpolate) b = static_cast<const Number *>(s.b) + row * s.b_row + start;
    const Number *state = static_cast<const Number *>(s.state) + row * s.state_row + start;
    const Number *initial = nullptr;
    if (s.initial) initial = static_cast<const Number *>(s.initial) + row * s.initial_row + start;
    const int64_t at_row = row * s.steps * s.channels + start;
    const Number *states = static_cast<const Number *>(s.states) + at_row;
    const Number *gradient =
        static_cast<const Number *>(s.gradient) + row * s.gradient_row + start;
    const bool summed = s.summed;
    Number *a_gradient = static_cast<Number *>(s.a_gradient) +
                         (summed ? row * s.channels + start : at_row);
    Number *b_gradient = static_cast<Number *>(s.b_gradient) + at_row;
    const int64_t valid = valid_steps(s, row);

    Number carry[BLOCK], to_initial[BLOCK], a_sum[BLOCK];
    for (int64_t c = 0; c < width; ++c) carry[c] = to_initial[c] = a_sum[c] = Number{};

    int64_t t = s.steps - 1;
    for (; t >= valid; --t) {
        const Number *__restrict g = gradient + t * s.gradient_step;
        Number *__restrict gb = b_gradient + t * s.channels;
        for (int64_t c = 0; c < width; ++c) {
            carry[c] = carry[c] + g[c];
            gb[c] = Number{};
        }
        if (!summed) {
            Number *ga = a_gradient + t * s.channels;
            for (int64_t c = 0; c < width; ++c) ga[c] = Number{};
        }
    }
    for (; t >= 0; --t) {
        const bool fresh = is_reset(s, row, t);
        const Number *before =
            fresh ? initial : t > 0 ? states + (t - 1) * s.channels : state;
        const Number *__restrict at = a + t * s.a_step;
        const Number *__restrict g = gradient + t * s.gradient_step;
        Number *__restrict gb = b_gradient + t * s.channels;
        if (interpolate) {
            const Number *__restrict bt = b + t * s.b_step;
            Number *__restrict ga = a_gradient + t * s.channels;
            for (int64_t c = 0; c < width; ++c) {
                const Number adjoint = g[c] + carry[c];
                const Number taken = conj(at[c]) * adjoint;
                gb[c] = taken;
                ga[c] = conj(bt[c] - before[c]) * adjoint;
                carry[c] = adjoint - taken;
            }
        } else if (summed) {
            for (int64_t c = 0; c < width; ++c) {
                const Number adjoint = g[c] + carry[c];
                gb[c] = adjoint;
                a_sum[c] = a_sum[c] + conj(before[c]) * adjoint;
                carry[c] = conj(at[c]) * adjoint;
            }
        } else {
            Number *__restrict ga = a_gradient + t * s.channels;
            for (int64_t c = 0; c < width; ++c) {
                const Number adjoint = g[c] + carry[c];
                gb[c] = adjoint;
                ga[c] = conj(before[c]) * adjoint;
                carry[c] = conj(at[c]) * adjoint;
            }
        }
        if (fresh) {
            for (int64_t c = 0; c < width; ++c) {
                to_initial[c] = to_initial[c] + carry[c];
                carry[c] = Number{};
            }
        }
    }
    Number *state_gradient = static_cast<Number *>(s.state_gradient) + row * s.channels + start;
    for (int64_t c = 0; c < width; ++c) state_gradient[c] = carry[c];
    if (summed) {
        for (int64_t c = 0; c < width; ++c) a_gradient[c] = a_sum[c];
    }
    if (s.initial_gradient) {
        Number *to = static_cast<Number *>(s.initial_gradient) + row * s.channels + start;
        for (int64_t c = 0; c < width; ++c) to[c] = to_initial[c];
    }
}

template <void (*block)(const Scan &, int64_t, int64_t, int64_t)>
void all_blocks(const Scan &s) {
    const int64_t blocks = (s.channels + BLOCK - 1) / BLOCK;
#pragma omp parallel for num_threads(s.threads) if (s.threads > 1) schedule(static)
    for (int64_t task = 0; task < s.rows * blocks; ++task) {
        const int64_t start = task % blocks * BLOCK;
        block(s, task / blocks, start, smaller(BLOCK, s.channels - start));
    }
}

}  // namespace

#define KERNELS(NAME, NUMBER)                                                                  \
    extern "C" void scan_##NAME(const Scan *s) { all_blocks<run_block<NUMBER, false>>(*s); }   \
    extern "C" void interpolate_##NAME(const Scan *s) { all_blocks<run_block<NUMBER, true>>(*s); } \
    extern "C" void scan_adjoint_##NAME(const Scan *s) {                                       \
        all_blocks<adjoint_block<NUMBER, false>>(*s);                                          \
    }                                                                                          \
    extern "C" void interpolate_adjoint_##NAME(const Scan *s) {                                \
        all_blocks<adjoint_block<NUMBER, true>>(*s);                                           \
    }

KERNELS(float32, float)
KERNELS(float64, double)
KERNELS(complex64, Complex<float>)
KERNELS(complex128, Complex<double>)
