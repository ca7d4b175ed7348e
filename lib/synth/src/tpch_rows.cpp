// SPDX-License-Identifier: Apache-2.0
#include "tpch_rows.hpp"

#include <chrono>
#include <cmath>
#include <span>
#include <utility>

#include "topgun/value/msgpack.hpp"
#include "words.hpp"

namespace topgun::synth::tpch {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, kRelations> kNames = {
    "customer", "lineitem", "nation", "orders", "part", "partsupp", "region", "supplier"};

// What the specification's queries ask for by name.
constexpr std::string_view kRegions[] = {"AFRICA", "AMERICA", "ASIA", "EUROPE", "MIDDLE EAST"};
struct Nation {
    std::string_view name;
    std::uint64_t region;
};
constexpr Nation kNations[] = {
    {"ALGERIA", 0},      {"ARGENTINA", 1}, {"BRAZIL", 1}, {"CANADA", 1},
    {"EGYPT", 4},        {"ETHIOPIA", 0},  {"FRANCE", 3}, {"GERMANY", 3},
    {"INDIA", 2},        {"INDONESIA", 2}, {"IRAN", 4},   {"IRAQ", 4},
    {"JAPAN", 2},        {"JORDAN", 4},    {"KENYA", 0},  {"MOROCCO", 0},
    {"MOZAMBIQUE", 0},   {"PERU", 1},      {"CHINA", 2},  {"ROMANIA", 3},
    {"SAUDI ARABIA", 4}, {"VIETNAM", 2},   {"RUSSIA", 3}, {"UNITED KINGDOM", 3},
    {"UNITED STATES", 1}};
constexpr std::string_view kSegments[] = {"AUTOMOBILE", "BUILDING", "FURNITURE", "MACHINERY",
                                          "HOUSEHOLD"};
constexpr std::string_view kPriorities[] = {"1-URGENT", "2-HIGH", "3-MEDIUM", "4-NOT SPECIFIED",
                                            "5-LOW"};
constexpr std::string_view kInstructions[] = {"DELIVER IN PERSON", "COLLECT COD", "NONE",
                                              "TAKE BACK RETURN"};
constexpr std::string_view kModes[] = {"REG AIR", "AIR", "RAIL", "SHIP", "TRUCK", "MAIL", "FOB"};
constexpr std::string_view kSizes[] = {"STANDARD", "SMALL", "MEDIUM", "LARGE", "ECONOMY", "PROMO"};
constexpr std::string_view kFinishes[] = {"ANODIZED", "BURNISHED", "PLATED", "POLISHED", "BRUSHED"};
constexpr std::string_view kMetals[] = {"TIN", "NICKEL", "BRASS", "STEEL", "COPPER"};
constexpr std::string_view kBoxSizes[] = {"SM", "LG", "MED", "JUMBO", "WRAP"};
constexpr std::string_view kBoxes[] = {"CASE", "BOX", "BAG", "JAR", "PKG", "PACK", "CAN", "DRUM"};
constexpr std::string_view kColours[] = {
    "almond",  "azure",  "beige",     "black",  "blue",   "brown",  "coral",  "cream",
    "cyan",    "forest", "frosted",   "gold",   "green",  "grey",   "honey",  "indigo",
    "ivory",   "khaki",  "lace",      "lemon",  "lime",   "linen",  "maroon", "metallic",
    "mint",    "navy",   "olive",     "orange", "orchid", "peach",  "pink",   "plum",
    "powder",  "puff",   "purple",    "red",    "rose",   "royal",  "salmon", "sandy",
    "sienna",  "sky",    "slate",     "smoke",  "snow",   "spring", "steel",  "tan",
    "thistle", "tomato", "turquoise", "violet", "wheat",  "white",  "yellow"};

using Days = std::chrono::sys_days;
constexpr std::int64_t day(int year, unsigned month, unsigned of_month) {
    return Days(std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(of_month))
        .time_since_epoch()
        .count();
}
constexpr std::int64_t kFirstDay = day(1992, 1, 1);
constexpr std::int64_t kToday = day(1995, 6, 17);  // the specification's CURRENTDATE
constexpr std::int64_t kLastOrderDay = day(1998, 12, 31) - 151;

// Orders come in groups of seven, which have 1 to 7 lines in some order.
constexpr std::uint64_t kGroup = 7;
constexpr std::uint64_t kGroupLines = 28;
constexpr std::uint64_t kSuppliersOfPart = 4;

// Order keys leave gaps: of each 32 numbers the first eight are used.
std::uint64_t order_key(std::uint64_t index) {
    return index / 8 * 32 + index % 8 + 1;
}

std::int64_t retail_cents(std::uint64_t part) {
    return static_cast<std::int64_t>(90000 + part / 10 % 20001 + 100 * (part % 1000));
}

std::string_view pick(Random& rng, Words words) {
    return words[rng.below(words.size())];
}

double amount(std::int64_t cents) {
    return static_cast<double>(cents) / 100;
}

// Writes the fields of one record, which are to come in the order of their names.
class Fields {
public:
    Fields(Bytes& out, std::size_t count) : writer_(out) { writer_.map(count); }
    void integer(std::string_view name, std::uint64_t value) {
        writer_.string(name);
        writer_.unsigned_integer(value);
    }
    void cents(std::string_view name, std::int64_t value) {
        writer_.string(name);
        writer_.real(amount(value));
    }
    void text(std::string_view name, std::string_view value) {
        writer_.string(name);
        writer_.string(value);
    }

private:
    msgpack::Writer writer_;
};

std::string prose(Random& rng, std::int64_t least, std::int64_t most) {
    std::string out;
    append_prose(rng, static_cast<std::size_t>(rng.between(least, most)), out);
    return out;
}

std::string address(Random& rng) {
    return prose(rng, 10, 40);
}

std::string padded(std::uint64_t number, std::size_t digits) {
    auto out = std::to_string(number);
    if (out.size() < digits) out.insert(0, digits - out.size(), '0');
    return out;
}

// Country codes are 10 more than the nation's key.
std::string phone(Random& rng, std::uint64_t nation) {
    const auto part = [&rng](std::uint64_t first, std::uint64_t count) {
        return std::to_string(first + rng.below(count));
    };
    auto out = std::to_string(nation + 10);
    out += '-' + part(100, 900);
    out += '-' + part(100, 900);
    out += '-' + part(1000, 9000);
    return out;
}

// Puts `first` and, behind it, `second` into a text: for what LIKE '%first%second%' finds.
void plant(std::string& text, std::string_view first, std::string_view second) {
    const auto middle = text.size() / 2;
    text.insert(middle, std::string(second) + ' ');
    text.insert(0, std::string(first) + ' ');
}

}  // namespace

std::string_view relation_name(Relation relation) noexcept {
    return kNames[static_cast<std::size_t>(relation)];
}

std::string date_text(std::int64_t days) {
    const std::chrono::year_month_day date{Days(std::chrono::days(days))};
    return padded(static_cast<std::uint64_t>(static_cast<int>(date.year())), 4) + '-' +
           padded(static_cast<unsigned>(date.month()), 2) + '-' +
           padded(static_cast<unsigned>(date.day()), 2);
}

Rows::Rows(const TpchOptions& options) : seed_(options.seed) {
    const auto scaled = [&options](double rows) {
        return static_cast<std::uint64_t>(std::llround(rows * options.scale));
    };
    const auto set = [this](Relation relation, std::uint64_t count) {
        counts_[static_cast<std::size_t>(relation)] = count;
    };
    const auto orders = scaled(1'500'000);
    set(Relation::region, std::size(kRegions));
    set(Relation::nation, std::size(kNations));
    set(Relation::supplier, scaled(10'000));
    set(Relation::customer, scaled(150'000));
    set(Relation::part, scaled(200'000));
    set(Relation::partsupp, kSuppliersOfPart * scaled(200'000));
    set(Relation::orders, orders);
    auto lines = orders / kGroup * kGroupLines;
    for (auto rest = orders - orders % kGroup; rest < orders; ++rest) lines += lines_of(rest);
    set(Relation::lineitem, lines);
}

std::uint64_t Rows::seed_of(Relation relation, std::uint64_t index) const noexcept {
    return blend(blend(seed_, static_cast<std::uint64_t>(relation)), index);
}

// Numbers of lines of a group's orders: 1 to 7, shuffled.
std::array<std::uint8_t, 7> Rows::week(std::uint64_t group) const {
    std::array<std::uint8_t, 7> out = {1, 2, 3, 4, 5, 6, 7};
    auto random = blend(seed_, group);
    for (std::size_t i = out.size() - 1; i > 0; --i) {
        std::swap(out[i], out[random % (i + 1)]);
        random /= i + 1;
    }
    return out;
}

std::uint64_t Rows::lines_of(std::uint64_t order) const {
    return week(order / kGroup)[order % kGroup];
}

Rows::Place Rows::place_of(std::uint64_t line) const {
    const auto group = line / kGroupLines;
    const auto counts = week(group);
    auto rest = line % kGroupLines;
    std::uint64_t order = 0;
    while (rest >= counts[order]) rest -= counts[order++];
    return {group * kGroup + order, rest};
}

std::uint64_t Rows::supplier_of(std::uint64_t part, std::uint64_t which) const {
    const auto suppliers = count(Relation::supplier);
    // A step from a quarter to below a third of all never leads back within four.
    const auto quarter = suppliers / 4;
    const auto choices = (suppliers + 2) / 3 - quarter;
    const auto step = quarter + (part - 1) / suppliers % choices;
    return (part - 1 + which * step) % suppliers + 1;
}

std::int64_t Rows::order_day(std::uint64_t order) const {
    Random rng(seed_of(Relation::orders, order));
    return rng.between(kFirstDay, kLastOrderDay);
}

Line Rows::line(std::uint64_t order, std::uint64_t number) const {
    Random rng(seed_of(Relation::lineitem, order * 8 + number));
    Line out;
    out.part = 1 + rng.below(count(Relation::part));
    out.supplier = supplier_of(out.part, rng.below(kSuppliersOfPart));
    out.quantity = rng.between(1, 50);
    out.cents = out.quantity * retail_cents(out.part);
    out.discount = rng.between(0, 10);
    out.tax = rng.between(0, 8);
    const auto ordered = order_day(order);
    out.shipped = ordered + rng.between(1, 121);
    out.committed = ordered + rng.between(30, 90);
    out.received = out.shipped + rng.between(1, 30);
    return out;
}

void Rows::key(Relation relation, std::uint64_t index, std::string& out) const {
    switch (relation) {
        case Relation::region:
        case Relation::nation: out = std::to_string(index); return;
        case Relation::supplier:
        case Relation::customer:
        case Relation::part: out = std::to_string(index + 1); return;
        case Relation::orders: out = std::to_string(order_key(index)); return;
        case Relation::partsupp: {
            const auto part = index / kSuppliersOfPart + 1;
            out = std::to_string(part) + '-' +
                  std::to_string(supplier_of(part, index % kSuppliersOfPart));
            return;
        }
        case Relation::lineitem: {
            const auto place = place_of(index);
            out = std::to_string(order_key(place.order)) + '-' + std::to_string(place.number + 1);
            return;
        }
    }
}

void Rows::append_value(Relation relation, std::uint64_t index, Bytes& out) const {
    switch (relation) {
        case Relation::customer: return customer(index, out);
        case Relation::lineitem: return lineitem(index, out);
        case Relation::nation: return nation(index, out);
        case Relation::orders: return orders(index, out);
        case Relation::part: return part(index, out);
        case Relation::partsupp: return partsupp(index, out);
        case Relation::region: return region(index, out);
        case Relation::supplier: return supplier(index, out);
    }
}

void Rows::region(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::region, index));
    Fields fields(out, 3);
    fields.text("r_comment", prose(rng, 31, 114));
    fields.text("r_name", kRegions[index]);
    fields.integer("r_regionkey", index);
}

void Rows::nation(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::nation, index));
    Fields fields(out, 4);
    fields.text("n_comment", prose(rng, 31, 114));
    fields.text("n_name", kNations[index].name);
    fields.integer("n_nationkey", index);
    fields.integer("n_regionkey", kNations[index].region);
}

void Rows::supplier(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::supplier, index));
    const auto nation = rng.below(std::size(kNations));
    const auto balance = rng.between(-99'999, 999'999);
    auto comment = prose(rng, 25, 100);
    // Of 10 000 suppliers, five have complaints and five are recommended.
    if (index % 2000 == 3) plant(comment, "Customer", "Complaints");
    if (index % 2000 == 4) plant(comment, "Customer", "Recommends");
    Fields fields(out, 7);
    fields.cents("s_acctbal", balance);
    fields.text("s_address", address(rng));
    fields.text("s_comment", comment);
    fields.text("s_name", "Supplier#" + padded(index + 1, 9));
    fields.integer("s_nationkey", nation);
    fields.text("s_phone", phone(rng, nation));
    fields.integer("s_suppkey", index + 1);
}

void Rows::customer(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::customer, index));
    const auto nation = rng.below(std::size(kNations));
    Fields fields(out, 8);
    fields.cents("c_acctbal", rng.between(-99'999, 999'999));
    fields.text("c_address", address(rng));
    fields.text("c_comment", prose(rng, 29, 116));
    fields.integer("c_custkey", index + 1);
    fields.text("c_mktsegment", pick(rng, kSegments));
    fields.text("c_name", "Customer#" + padded(index + 1, 9));
    fields.integer("c_nationkey", nation);
    fields.text("c_phone", phone(rng, nation));
}

void Rows::part(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::part, index));
    const auto maker = rng.below(5) + 1;
    const auto brand = maker * 10 + rng.below(5) + 1;
    const auto box = rng.below(std::size(kBoxSizes) * std::size(kBoxes));
    std::string name;
    for (int i = 0; i < 5; ++i) (name += i == 0 ? "" : " ") += pick(rng, kColours);
    std::string type(pick(rng, kSizes));
    (type += ' ') += pick(rng, kFinishes);
    (type += ' ') += pick(rng, kMetals);
    Fields fields(out, 9);
    fields.text("p_brand", "Brand#" + std::to_string(brand));
    fields.text("p_comment", prose(rng, 5, 22));
    fields.text("p_container", std::string(kBoxSizes[box % std::size(kBoxSizes)]) + ' ' +
                                   std::string(kBoxes[box / std::size(kBoxSizes)]));
    fields.text("p_mfgr", "Manufacturer#" + std::to_string(maker));
    fields.text("p_name", name);
    fields.integer("p_partkey", index + 1);
    fields.cents("p_retailprice", retail_cents(index + 1));
    fields.integer("p_size", rng.below(50) + 1);
    fields.text("p_type", type);
}

void Rows::partsupp(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::partsupp, index));
    const auto part = index / kSuppliersOfPart + 1;
    Fields fields(out, 5);
    fields.integer("ps_availqty", rng.below(9999) + 1);
    fields.text("ps_comment", prose(rng, 49, 198));
    fields.integer("ps_partkey", part);
    fields.integer("ps_suppkey", supplier_of(part, index % kSuppliersOfPart));
    fields.cents("ps_supplycost", rng.between(100, 100'000));
}

void Rows::orders(std::uint64_t index, Bytes& out) const {
    Random rng(seed_of(Relation::orders, index));
    const auto ordered = rng.between(kFirstDay, kLastOrderDay);
    // Every third customer has no orders.
    const auto customers = count(Relation::customer);
    const auto active = customers - customers / 3;
    const auto nth = rng.below(active);
    const auto customer = nth / 2 * 3 + nth % 2 + 1;
    std::int64_t total = 0;
    std::uint64_t shipped = 0;
    const auto lines = lines_of(index);
    for (std::uint64_t i = 0; i < lines; ++i) {
        const auto one = line(index, i);
        constexpr std::int64_t kParts = 10'000, kHalf = kParts / 2;
        total += (one.cents * (100 + one.tax) * (100 - one.discount) + kHalf) / kParts;
        if (one.shipped <= kToday) ++shipped;
    }
    auto comment = prose(rng, 19, 78);
    constexpr double kSpecial = 0.011;
    if (rng.chance(kSpecial)) plant(comment, "special", "requests");
    const auto clerks = std::max<std::uint64_t>(1, customers / 150);
    Fields fields(out, 9);
    fields.text("o_clerk", "Clerk#" + padded(rng.below(clerks) + 1, 9));
    fields.text("o_comment", comment);
    fields.integer("o_custkey", customer);
    fields.text("o_orderdate", date_text(ordered));
    fields.integer("o_orderkey", order_key(index));
    fields.text("o_orderpriority", pick(rng, kPriorities));
    fields.text("o_orderstatus", shipped == lines ? "F" : shipped == 0 ? "O" : "P");
    fields.integer("o_shippriority", 0);
    fields.cents("o_totalprice", total);
}

void Rows::lineitem(std::uint64_t index, Bytes& out) const {
    const auto [order, number] = place_of(index);
    const auto one = line(order, number);
    Random rng(blend(seed_of(Relation::lineitem, order * 8 + number), 1));
    const std::string_view returned = one.received > kToday ? "N" : rng.chance(0.5) ? "R" : "A";
    Fields fields(out, 16);
    fields.text("l_comment", prose(rng, 10, 43));
    fields.text("l_commitdate", date_text(one.committed));
    fields.cents("l_discount", one.discount);
    fields.cents("l_extendedprice", one.cents);
    fields.integer("l_linenumber", number + 1);
    fields.text("l_linestatus", one.shipped > kToday ? "O" : "F");
    fields.integer("l_orderkey", order_key(order));
    fields.integer("l_partkey", one.part);
    fields.integer("l_quantity", static_cast<std::uint64_t>(one.quantity));
    fields.text("l_receiptdate", date_text(one.received));
    fields.text("l_returnflag", returned);
    fields.text("l_shipdate", date_text(one.shipped));
    fields.text("l_shipinstruct", pick(rng, kInstructions));
    fields.text("l_shipmode", pick(rng, kModes));
    fields.integer("l_suppkey", one.supplier);
    fields.cents("l_tax", one.tax);
}

}  // namespace topgun::synth::tpch
