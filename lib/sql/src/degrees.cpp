// SPDX-License-Identifier: Apache-2.0
#include "degrees.hpp"

#include <cmath>
#include <limits>

namespace topgun::sql {
namespace {

using R = double;
constexpr R kRadians = M_PI / 180;

// Divided by what the library gives for the round angles, so that those come out exactly.
R sine_to_30(R x) {
    return std::sin(x * kRadians) / std::sin(30 * kRadians) / 2;
}
R cosine_to_60(R x) {
    return 1 - (1 - std::cos(x * kRadians)) / (1 - std::cos(60 * kRadians)) / 2;
}
R sine_to_90(R x) {
    return x <= 30 ? sine_to_30(x) : cosine_to_60(90 - x);
}
R cosine_to_90(R x) {
    return x <= 60 ? cosine_to_60(x) : sine_to_30(90 - x);
}
R arc_sine_to_1(R x) {
    if (x <= 0.5) return std::asin(x) / std::asin(0.5) * 30;
    return 90 - std::acos(x) / std::acos(0.5) * 60;
}
R arc_cosine_to_1(R x) {
    if (x <= 0.5) return 90 - std::asin(x) / std::asin(0.5) * 30;
    return std::acos(x) / std::acos(0.5) * 60;
}

Error out_of_range() {
    return Error(Errc::limit, "input is out of range");
}

// An odd function of an angle is `sign` times that of one of 0 to 180 degrees.
struct HalfTurn {
    R angle = 0, sign = 1;
};
HalfTurn half_turn(R x) {
    HalfTurn out{std::fmod(x, 360), 1};
    if (out.angle < 0) out = {-out.angle, -out.sign};
    if (out.angle > 180) out = {360 - out.angle, -out.sign};
    return out;
}

Result<R> sine(R x) {
    if (std::isinf(x)) return out_of_range();
    const auto [angle, sign] = half_turn(x);
    return sign * sine_to_90(angle > 90 ? 180 - angle : angle);
}
Result<R> cosine(R x) {
    if (std::isinf(x)) return out_of_range();
    R sign = 1;
    x = std::fabs(std::fmod(x, 360));
    if (x > 180) x = 360 - x;
    if (x > 90) {
        x = 180 - x;
        sign = -sign;
    }
    return sign * cosine_to_90(x);
}

// tan, or cot as its inverse; 45 degrees give 1, and no zero is negative.
template <bool inverse>
Result<R> tangent(R x) {
    if (std::isinf(x)) return out_of_range();
    auto [angle, sign] = half_turn(x);
    if (angle > 90) {
        angle = 180 - angle;
        sign = -sign;
    }
    const auto ratio = [](R of) {
        const R s = sine_to_90(of), c = cosine_to_90(of);
        return inverse ? c / s : s / c;
    };
    const R out = sign * (ratio(angle) / ratio(45));
    return out == 0 ? 0 : out;
}

Result<R> arc_sine(R x) {
    if (x < -1 || x > 1) return out_of_range();
    return x >= 0 ? arc_sine_to_1(x) : -arc_sine_to_1(-x);
}
Result<R> arc_cosine(R x) {
    if (x < -1 || x > 1) return out_of_range();
    return x >= 0 ? arc_cosine_to_1(x) : 90 + arc_sine_to_1(-x);
}
R arc_tangent(R x) {
    return std::atan(x) / std::atan(1.0) * 45;
}
R arc_tangent2(R y, R x) {
    return std::atan2(y, x) / std::atan(1.0) * 45;
}

}  // namespace

void add_degrees(std::vector<Function>& to) {
    const DataType r(TypeId::real);
    to.push_back({"sind", {r}, r, kernel1<R>([](R a) { return sine(a); })});
    to.push_back({"cosd", {r}, r, kernel1<R>([](R a) { return cosine(a); })});
    to.push_back({"tand", {r}, r, kernel1<R>([](R a) { return tangent<false>(a); })});
    to.push_back({"cotd", {r}, r, kernel1<R>([](R a) { return tangent<true>(a); })});
    to.push_back({"asind", {r}, r, kernel1<R>([](R a) { return arc_sine(a); })});
    to.push_back({"acosd", {r}, r, kernel1<R>([](R a) { return arc_cosine(a); })});
    to.push_back({"atand", {r}, r, kernel1<R>([](R a) { return arc_tangent(a); })});
    to.push_back({"atan2d", {r, r}, r, kernel2<R, R>([](R y, R x) { return arc_tangent2(y, x); })});
    to.push_back({"acosh", {r}, r, kernel1<R>([](R a) -> Result<R> {
                      if (a < 1) return out_of_range();
                      return std::acosh(a);
                  })});
    to.push_back({"atanh", {r}, r, kernel1<R>([](R a) -> Result<R> {
                      if (a < -1 || a > 1) return out_of_range();
                      return std::atanh(a);
                  })});
}

}  // namespace topgun::sql
