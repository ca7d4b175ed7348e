// SPDX-License-Identifier: Apache-2.0
// A plain main for fuzz targets, for compilers without libFuzzer: replays files, then mutates them.
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "fuzz.hpp"
#include "mutate.hpp"

#define TOPGUN_FUZZ_WEAK __attribute__((weak))
// A target may bring its own; libFuzzer looks for it in the same way.
extern "C" TOPGUN_FUZZ_WEAK std::size_t LLVMFuzzerCustomMutator(std::uint8_t*, std::size_t,
                                                                std::size_t, unsigned);
// Sanitizers end the process without a signal; only they have this.
extern "C" TOPGUN_FUZZ_WEAK void __sanitizer_set_death_callback(void (*)());

namespace {

using namespace topgun;
namespace fs = std::filesystem;

constexpr std::uint64_t kDefaultSeed = 20260817;
constexpr std::uint64_t kDefaultRuns = 5000;
constexpr std::size_t kDefaultLongest = 16 * 1024;
// One input that takes longer is a bug, whatever the machine is busy with.
constexpr int kLongestRunSeconds = 60;

struct Options {
    std::uint64_t runs = kDefaultRuns;
    std::uint64_t seed = kDefaultSeed;
    std::size_t longest = kDefaultLongest;
    std::string keep_slowest;
    std::string suffix;
    std::vector<std::string> corpus;
};

// What a signal handler needs: it may neither allocate nor lock.
const char* failing_data = nullptr;
std::size_t failing_size = 0;
char failing_path[512] = {};
char replay_text[1024] = {};
std::atomic<std::uint64_t> inputs_run{0};

void save_failing_input() {
    static std::atomic_flag saved = ATOMIC_FLAG_INIT;
    if (failing_data == nullptr || saved.test_and_set()) return;
    std::FILE* file = std::fopen(failing_path, "wb");
    if (file != nullptr) {
        std::fwrite(failing_data, 1, failing_size, file);
        std::fclose(file);
    }
    [[maybe_unused]] const auto ignored = write(2, replay_text, std::strlen(replay_text));
}

void on_signal(int signal) {
    save_failing_input();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void on_tick(int) {
    static std::uint64_t last = 0;
    static int seconds = 0;
    const auto now = inputs_run.load();
    seconds = now == last ? seconds + 1 : 0;
    last = now;
    if (seconds < kLongestRunSeconds || failing_data == nullptr) return;
    static constexpr char kText[] = "one input takes more than a minute\n";
    [[maybe_unused]] const auto ignored = write(2, kText, sizeof kText - 1);
    std::abort();
}

void watch(const char* program) {
    const auto name = fs::path(program).filename().string();
    const auto path =
        fs::temp_directory_path() / ("topgun-" + name + "-" + std::to_string(getpid()) + ".input");
    std::snprintf(failing_path, sizeof failing_path, "%s", path.c_str());
    std::snprintf(replay_text, sizeof replay_text, "replay with: %s --runs 0 %s\n", program,
                  failing_path);
    if (__sanitizer_set_death_callback != nullptr) {
        __sanitizer_set_death_callback(save_failing_input);
        std::signal(SIGABRT, on_signal);
    } else {
        for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) {
            std::signal(signal, on_signal);
        }
    }
    std::signal(SIGALRM, on_tick);
    const itimerval every_second{{1, 0}, {1, 0}};
    setitimer(ITIMER_REAL, &every_second, nullptr);
}

class Runner {
public:
    void run(const std::string& input) {
        // A copy of exactly its size, so that a sanitizer sees every step over its end.
        std::vector<std::uint8_t> exact(input.begin(), input.end());
        failing_data = input.data();
        failing_size = input.size();
        const auto start = std::chrono::steady_clock::now();
        LLVMFuzzerTestOneInput(exact.data(), exact.size());
        const auto took = std::chrono::steady_clock::now() - start;
        failing_data = nullptr;
        inputs_run.fetch_add(1);
        if (took <= slowest_time_) return;
        slowest_time_ = took;
        slowest_ = input;
    }
    const std::string& slowest() const { return slowest_; }
    double slowest_ms() const {
        return std::chrono::duration<double, std::milli>(slowest_time_).count();
    }

private:
    std::chrono::steady_clock::duration slowest_time_{};
    std::string slowest_;
};

std::string slurp(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

// Files given, and those of folders given whose names end in the suffix. Sorted, because the order
// decides which mutations are made.
std::vector<std::string> load(const Options& options) {
    std::vector<fs::path> paths;
    for (const auto& place : options.corpus) {
        if (!fs::is_directory(place)) {
            paths.emplace_back(place);
            continue;
        }
        std::vector<fs::path> found;
        for (const auto& item : fs::directory_iterator(place)) {
            const bool wanted = item.path().string().ends_with(options.suffix);
            if (item.is_regular_file() && wanted) found.push_back(item.path());
        }
        std::sort(found.begin(), found.end());
        paths.insert(paths.end(), found.begin(), found.end());
    }
    std::vector<std::string> seeds;
    for (const auto& path : paths) {
        seeds.push_back(slurp(path));
    }
    return seeds;
}

// Where LLVMFuzzerMutate(), which is not told a seed, takes its choices from.
Random plain_changes(0);

std::string next_input(const std::vector<std::string>& seeds, std::size_t longest, Random& random) {
    auto input = seeds[random.below(seeds.size())];
    const auto& other = seeds[random.below(seeds.size())];
    if (LLVMFuzzerCustomMutator == nullptr) {
        fuzz::mutate(input, other, longest, random);
        return input;
    }
    if (random.below(8) == 0) fuzz::splice(input, other, random);
    const auto size = input.size();
    input.resize(std::max(size, longest));
    const auto now = LLVMFuzzerCustomMutator(reinterpret_cast<std::uint8_t*>(input.data()), size,
                                             input.size(), static_cast<unsigned>(random()));
    input.resize(now);
    return input;
}

bool parse_number(const char* text, std::uint64_t& number) {
    const char* end = text + std::strlen(text);
    const auto parsed = std::from_chars(text, end, number);
    return parsed.ec == std::errc() && parsed.ptr == end;
}

int usage() {
    std::fputs(
        "usage: fuzz_TARGET [--runs N] [--seed S] [--longest BYTES] [--keep-slowest FILE] "
        "[--suffix TEXT] FILE|DIR...\n",
        stderr);
    return 2;
}

bool parse(int argc, char** argv, Options& options) {
    if (const char* text = std::getenv("TOPGUN_TEST_SEED")) {
        if (!parse_number(text, options.seed)) return false;
    }
    for (int i = 1; i < argc; ++i) {
        const std::string word = argv[i];
        if (!word.starts_with("--")) {
            options.corpus.push_back(word);
            continue;
        }
        if (++i == argc) return false;
        std::uint64_t number = 0;
        if (word == "--keep-slowest" || word == "--suffix") {
            (word == "--suffix" ? options.suffix : options.keep_slowest) = argv[i];
            continue;
        }
        if (!parse_number(argv[i], number)) return false;
        if (word == "--runs")
            options.runs = number;
        else if (word == "--seed")
            options.seed = number;
        else if (word == "--longest")
            options.longest = number;
        else
            return false;
    }
    return !options.corpus.empty();
}

}  // namespace

// For targets with a mutator of their own: the plain changes that it begins with.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size,
                                        std::size_t size_max) {
    std::string input(reinterpret_cast<const char*>(data), size);
    fuzz::mutate(input, input, size_max, plain_changes);
    std::copy(input.begin(), input.end(), data);
    return input.size();
}

int main(int argc, char** argv) {
    Options options;
    if (!parse(argc, argv, options)) return usage();
    const auto seeds = load(options);
    if (seeds.empty()) {
        std::fputs("no seeds: nothing would be tested\n", stderr);
        return 2;
    }
    watch(argv[0]);
    Runner runner;
    for (const auto& seed : seeds) runner.run(seed);
    Random random(options.seed);
    plain_changes = Random(random());
    for (std::uint64_t i = 0; i < options.runs; ++i) {
        runner.run(next_input(seeds, options.longest, random));
    }
    if (!options.keep_slowest.empty()) {
        std::ofstream(options.keep_slowest, std::ios::binary) << runner.slowest();
    }
    std::printf("%zu seeds, %llu mutations from seed %llu, slowest %.2f ms (%zu bytes)\n",
                seeds.size(), static_cast<unsigned long long>(options.runs),
                static_cast<unsigned long long>(options.seed), runner.slowest_ms(),
                runner.slowest().size());
    return 0;
}
