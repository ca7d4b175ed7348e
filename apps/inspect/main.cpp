// SPDX-License-Identifier: Apache-2.0
// topgun-cli inspect: says what a source holds, without changing it.
#include "inspect.hpp"

#include "common/command.hpp"
#include "common/text.hpp"
#include "topgun/base/time_source.hpp"
#include "topgun/clock/hlc.hpp"
#include "topgun/source/remote.hpp"

namespace topgun::cli {
namespace {

class Inspect final : public Command {
public:
    const char* name() const noexcept override { return "inspect"; }
    const char* summary() const noexcept override {
        return "Show what a source holds: maps, keys, nodes, Merkle roots";
    }
    const char* examples() const noexcept override {
        return "topgun-cli inspect nodeA.tgs\n"
               "topgun-cli inspect nodeA.tgs --map users --key user-17\n"
               "topgun-cli inspect nodeA.tgs --map users --merkle --path 4f\n"
               "topgun-cli inspect ./data --nodes --json\n"
               "topgun-cli inspect nodeA.tgs --verify";
    }
    void add_options(CLI::App& app) override {
        add_source_argument(app, "source", path_, "The source to look into");
        add_reading_options(app, reading_);
        app.add_option("-k,--key", key_, "Show one key with its full record")->type_name("KEY");
        app.add_flag("--nodes", nodes_, "Also list what each node wrote");
        app.add_flag("--merkle", merkle_, "Show the Merkle trie by level");
        app.add_option("--path", path_in_trie_,
                       "With --merkle: the node to start from, as hex digits")
            ->type_name("HEX");
        app.add_option("--levels", levels_, "With --merkle: how many levels to show (default 1)")
            ->type_name("N")
            ->check(CLI::Range(0u, 3u));
        app.add_flag("--hash", hash_, "Print one hash that names the state");
        add_moment_option(app, "--at", at_,
                          "With --hash: only what was stamped up to this moment, inclusive");
        app.add_flag("--verify", verify_, "Read and check every byte, and list what is damaged");
        add_duration_option(app, "--max-drift", max_drift_ms_,
                            "Report clocks that are further ahead than this (default 60s)");
        add_json_option(app, json_);
    }

    Result<ExitCode> run(Streams io) override {
        if (at_ && !hash_) return Error(Errc::usage, "--at goes with --hash");
        if (!path_in_trie_.empty() && !merkle_)
            return Error(Errc::usage, "--path goes with --merkle");
        if (verify_) return inspect::verify(path_, reading_, json_, io);
        auto options = read_options(reading_);
        if (!options) return std::move(options).error();
        options->until = at_;
        auto worst = ExitCode::ok;
        auto source = open_reported(path_, *options, io, worst);
        if (!source) return std::move(source).error();
        const inspect::View view{
            *source, shown_name(path_), system_time().now_ms(), max_drift_ms_, json_, io};
        if (!tell_missing_maps(reading_.source.maps, {source->state.get()}, io)) {
            worst = worse_of(worst, ExitCode::differences);
        }
        auto done = dispatch(view);
        if (!done) return std::move(done).error();
        return worse_of(worst, *done);
    }

private:
    Result<ExitCode> dispatch(const inspect::View& view) {
        if (has_key()) return inspect::one_key(view, *key_);
        if (merkle_) return inspect::merkle(view, path_in_trie_, levels_);
        if (hash_) return inspect::hash(view, at_);
        return inspect::overview(view, nodes_);
    }
    bool has_key() const { return key_.has_value(); }

    std::string path_;
    ReadingOptions reading_;
    std::optional<std::string> key_;
    bool nodes_ = false, merkle_ = false, hash_ = false, verify_ = false, json_ = false;
    std::string path_in_trie_;
    unsigned levels_ = 1;
    std::optional<Timestamp> at_;
    std::uint64_t max_drift_ms_ = Hlc::kDefaultMaxDriftMs;
};

}  // namespace
}  // namespace topgun::cli

int main(int argc, char** argv) {
    return topgun::cli::run_command<topgun::cli::Inspect>(argc, argv);
}
