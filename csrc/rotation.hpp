// Rotary positions (Su et al. 2021, arXiv 2104.09864). Included inside a tier's namespace.

// Component i and component i + size / 2 of each of some heads that lie side by side, as a point of a plane, turned by the angle
// whose cosine is turn[i] and whose sine turn[i + size / 2].
inline void rotate(float* heads, int64_t count, int64_t size, const float* turn) {
    const int64_t half = size / 2, whole = half - half % LANES;
    const float* const sines = turn + half;
    for (int64_t head = 0; head < count; ++head) {
        float *const first = heads + head * size, *const second = first + half;
        for (int64_t i = 0; i < whole; i += LANES) {
            const Vec a = load(first + i), b = load(second + i), cosine = load(turn + i), sine = load(sines + i);
            store(first + i, a * cosine - b * sine);
            store(second + i, b * cosine + a * sine);
        }
        for (int64_t i = whole; i < half; ++i) {
            const float a = first[i], b = second[i];
            first[i] = a * turn[i] - b * sines[i];
            second[i] = b * turn[i] + a * sines[i];
        }
    }
}
