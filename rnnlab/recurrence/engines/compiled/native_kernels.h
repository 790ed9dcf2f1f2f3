// What every generated step begins with: vectors, functions of them, and the product of rows with a
// packed matrix. No headers: reading those takes a compiler longer than all of this.
// Defined before: S, the scalar, and DOUBLE, 0 or 1.

#if defined(__AVX512F__)
#define BYTES 64
#define MAIN 8  // rows of a product at once: that many times two vectors stay in registers
#elif defined(__AVX__)
#define BYTES 32
#define MAIN 6
#else
#define BYTES 16
#define MAIN 4
#endif
#define INLINE inline __attribute__((always_inline))

#ifdef _OPENMP
extern "C" int omp_get_thread_num();
static INLINE long thread() { return omp_get_thread_num(); }
#else
static INLINE long thread() { return 0; }
#endif

#if DOUBLE
typedef long long Bits;
#else
typedef int Bits;
#endif
typedef unsigned char Byte;
constexpr long W = BYTES / sizeof(S);  // lanes
constexpr long PANEL = 2 * W;          // columns of a packed matrix side by side
typedef S V __attribute__((vector_size(BYTES)));
typedef Bits I __attribute__((vector_size(BYTES)));
typedef signed char Flags __attribute__((vector_size(W)));

constexpr long padded(long n) { return (n + W - 1) / W * W; }

template <int n> struct Part {
  static constexpr int lanes = n;
};

// Calls f(j, Part) for the vectors of a row of L elements, the last one shorter.
template <long L, class F> static INLINE void vectors(F f) {
  long j = 0;
  for (; j + W <= L; j += W) f(j, Part<W>{});
  if constexpr (L % W != 0) f(j, Part<L % W>{});
}

static INLINE V splat(S x) { return x - V{}; }  // and not plus: there is a negative zero
static INLINE I flags(bool x) { return I{} - (Bits)x; }
static INLINE I bits(V x) { return (I)x; }
static INLINE V value(I x) { return (V)x; }
static INLINE V pick(I which, V yes, V no) { return which ? yes : no; }
static INLINE I pick(I which, I yes, I no) { return (which & yes) | (~which & no); }

template <int n> static INLINE V load(const S* from, Part<n>) {
  V x{};
  __builtin_memcpy(&x, from, n * sizeof(S));
  return x;
}
template <int n> static INLINE void store(S* to, V x, Part<n>) {
  __builtin_memcpy(to, &x, n * sizeof(S));
}
template <int n> static INLINE I load(const Byte* from, Part<n>) {
  Flags x{};
  __builtin_memcpy(&x, from, n);
  return __builtin_convertvector(x, I) != 0;
}
template <int n> static INLINE void store(Byte* to, I x, Part<n>) {
  Flags flag = __builtin_convertvector(x, Flags) & 1;
  __builtin_memcpy(to, &flag, n);
}
template <int n> static INLINE V load(const S* from, long stride, Part<n>) {
  V x{};
  for (int l = 0; l < n; l++) x[l] = from[l * stride];
  return x;
}
template <int n> static INLINE I load(const Byte* from, long stride, Part<n>) {
  I x{};
  for (int l = 0; l < n; l++) x[l] = -(Bits)(from[l * stride] != 0);
  return x;
}
template <int n> static INLINE V first(V x, S rest, Part<n>) {  // the lanes that are none become rest
  for (int l = n; l < W; l++) x[l] = rest;
  return x;
}

static INLINE V greater(V a, V b) { return ((a > b) | (a != a)) ? a : b; }  // NaN wins
static INLINE V smaller(V a, V b) { return ((a < b) | (a != a)) ? a : b; }
static INLINE S sum_of(V x) {
  S total = 0;
  for (int l = 0; l < W; l++) total += x[l];
  return total;
}
static INLINE S greatest_of(V x) {
  S best = x[0];
  for (int l = 1; l < W; l++) best = (x[l] > best || x[l] != x[l]) ? x[l] : best;
  return best;
}
static INLINE S smallest_of(V x) {
  S best = x[0];
  for (int l = 1; l < W; l++) best = (x[l] < best || x[l] != x[l]) ? x[l] : best;
  return best;
}
static INLINE S product_of(V x) {
  S total = 1;
  for (int l = 0; l < W; l++) total *= x[l];
  return total;
}

// By lane, with the functions of C.
#if DOUBLE
#define OF_C(name) __builtin_##name
#else
#define OF_C(name) __builtin_##name##f
#endif
#define BY_LANE(name)                                        \
  static inline V name##_(V x) {                             \
    for (int l = 0; l < W; l++) x[l] = OF_C(name)(x[l]);     \
    return x;                                                \
  }
#define BY_LANES(name)                                           \
  static inline V name##_(V x, V y) {                            \
    for (int l = 0; l < W; l++) x[l] = OF_C(name)(x[l], y[l]);   \
    return x;                                                    \
  }
BY_LANE(log)
BY_LANE(log1p)
BY_LANE(log2)
BY_LANE(log10)
BY_LANE(exp2)
BY_LANE(expm1)
BY_LANE(sin)
BY_LANE(cos)
BY_LANE(tan)
BY_LANE(asin)
BY_LANE(acos)
BY_LANE(atan)
BY_LANE(sinh)
BY_LANE(cosh)
BY_LANE(asinh)
BY_LANE(acosh)
BY_LANE(atanh)
BY_LANE(erf)
BY_LANE(erfc)
BY_LANE(sqrt)
BY_LANE(floor)
BY_LANE(ceil)
BY_LANE(trunc)
BY_LANE(rint)
BY_LANES(pow)
BY_LANES(atan2)
BY_LANES(fmod)

// e^x = 2^k e^r, r within half of ln 2, which is taken off in two parts to stay exact.
#if DOUBLE
constexpr S ROUND = 6755399441055744.0, LOWEST = -746, HIGHEST = 710;
constexpr S LN2_HIGH = 6.93147180369123816490e-01, LN2_LOW = 1.90821492927058770002e-10;
constexpr S LARGE = 19.1;  // from here on the tangent is 1
constexpr int MANTISSA = 52, BIAS = 1023;
#else
constexpr S ROUND = 12582912.0f, LOWEST = -104, HIGHEST = 89;
constexpr S LN2_HIGH = 6.93145752e-01f, LN2_LOW = 1.42860677e-06f;
constexpr S LARGE = 9.02f;
constexpr int MANTISSA = 23, BIAS = 127;
#endif

// Returns e^r - 1 and sets k.
static INLINE V reduced(V x, I& k) {
  V n = x * (S)1.44269504088896340736 + ROUND;
  k = bits(n) - bits(splat(ROUND));
  n -= ROUND;
  V r = x - n * LN2_HIGH;
  r = r - n * LN2_LOW;
#if DOUBLE
  V p = r * (1 / 6227020800.0) + 1 / 479001600.0;
  p = p * r + 1 / 39916800.0;
  p = p * r + 1 / 3628800.0;
  p = p * r + 1 / 362880.0;
  p = p * r + 1 / 40320.0;
  p = p * r + 1 / 5040.0;
#else
  V p = r * (1 / 40320.0f) + 1 / 5040.0f;
#endif
  p = p * r + (S)(1 / 720.0);
  p = p * r + (S)(1 / 120.0);
  p = p * r + (S)(1 / 24.0);
  p = p * r + (S)(1 / 6.0);
  p = p * r + (S)0.5;
  return p * (r * r) + r;
}
static INLINE V power_of_two(I k) { return value((k + BIAS) << MANTISSA); }

static INLINE V exp_(V x) {
  x = x < LOWEST ? splat(LOWEST) : x;
  x = x > HIGHEST ? splat(HIGHEST) : x;
  I k;
  V p = reduced(x, k) + (S)1;
  I half = k >> 1;  // in two steps: 2^k alone may be too great or too small for a number
  return p * power_of_two(half) * power_of_two(k - half);
}
static INLINE V sigmoid_(V x) { return (S)1 / ((S)1 + exp_(-x)); }
static INLINE V tanh_(V x) {
  constexpr Bits SIGN = (Bits)1 << (8 * sizeof(S) - 1);
  I sign = bits(x) & SIGN;
  V y = value(bits(x) ^ sign);
  y = y > LARGE ? splat(LARGE) : y;
  I k;
  V p = reduced(y + y, k);
  V scale = power_of_two(k);
  V e = scale * p + (scale - (S)1);  // e^2y - 1, exact in relation to itself where y is small
  return value(bits(e / (e + (S)2)) | sign);
}
static INLINE V abs_(V x) {
  constexpr Bits SIGN = (Bits)1 << (8 * sizeof(S) - 1);
  return value(bits(x) & ~SIGN);
}
static INLINE V sign_(V x) {  // of NaN it is 0, as in torch
  return pick(x > (S)0, splat(1), pick(x < (S)0, splat(-1), V{}));
}

// The columns of a matrix in panels, each beginning with what is added to the product.
constexpr long packed_size(long K, long N) { return (N + PANEL - 1) / PANEL * (K + 1) * PANEL; }

struct Matrix {
  const S *from, *bias;
  long K, N, along_k, along_n, along_bias;
  S* to;
};
static void pack(const Matrix& m, long panel) {
  S* to = m.to + panel * (m.K + 1) * PANEL;
  long begin = panel * PANEL, n = m.N - begin < PANEL ? m.N - begin : PANEL;
  for (long c = 0; c < PANEL; c++) to[c] = c < n && m.bias ? m.bias[(begin + c) * m.along_bias] : 0;
  to += PANEL;
  const S* from = m.from + begin * m.along_n;
  if (n < PANEL)
    for (long i = 0; i < m.K * PANEL; i++) to[i] = 0;
  if (m.along_n == 1) {
    for (long k = 0; k < m.K; k++)
      for (long c = 0; c < n; c++) to[k * PANEL + c] = from[k * m.along_k + c];
    return;
  }
  for (long k = 0; k < m.K; k += 16)  // some of both, so that neither side leaves the cache
    for (long c = 0; c < n; c++)
      for (long i = k; i < m.K && i < k + 16; i++)
        to[i * PANEL + c] = from[i * m.along_k + c * m.along_n];
}

template <int R>
static __attribute__((noinline)) void block(
    long K, const S* a, long a_row, const S* b, S* c, long c_row, long n) {
  constexpr Part<W> whole{};
  V left_half[R], right_half[R];  // columns; of constant index only, so that they stay in registers
  for (int r = 0; r < R; r++) left_half[r] = load(b, whole), right_half[r] = load(b + W, whole);
  for (long k = 0; k < K; k++) {
    b += PANEL;
    const V left = load(b, whole), right = load(b + W, whole);
    for (int r = 0; r < R; r++) {
      const V x = splat(a[r * a_row + k]);
      left_half[r] += x * left;
      right_half[r] += x * right;
    }
  }
  if (n >= PANEL) {
    for (int r = 0; r < R; r++) {
      store(c + r * c_row, left_half[r], whole);
      store(c + r * c_row + W, right_half[r], whole);
    }
    return;
  }
  for (int r = 0; r < R; r++) {
    S row[PANEL];
    store(row, left_half[r], whole);
    store(row + W, right_half[r], whole);
    for (long i = 0; i < n; i++) c[r * c_row + i] = row[i];
  }
}

// c = a B + bias for some rows. Every sum runs over k in order, however many rows there are.
static void product(
    long rows, long K, long N, const S* a, long a_row, const S* b, S* c, long c_row) {
  for (long column = 0; column < N; column += PANEL, b += (K + 1) * PANEL) {
    long r = 0, n = N - column;
    S* to = c + column;
    for (; r + MAIN <= rows; r += MAIN) block<MAIN>(K, a + r * a_row, a_row, b, to + r * c_row, c_row, n);
    for (; r + 4 <= rows; r += 4) block<4>(K, a + r * a_row, a_row, b, to + r * c_row, c_row, n);
    if (r + 2 <= rows) block<2>(K, a + r * a_row, a_row, b, to + r * c_row, c_row, n), r += 2;
    if (r < rows) block<1>(K, a + r * a_row, a_row, b, to + r * c_row, c_row, n);
  }
}

template <class X> static INLINE void copy(X* to, const X* from, long n) {
  __builtin_memcpy(to, from, n * sizeof(X));
}
template <class X> static INLINE void clear(X* to, long n) { __builtin_memset(to, 0, n * sizeof(X)); }
