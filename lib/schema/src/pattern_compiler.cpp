// SPDX-License-Identifier: Apache-2.0
// From a pattern's tree to instructions; repetitions are written out, within limits.
#include "pattern_parser.hpp"
#include "topgun/base/utf.hpp"

namespace topgun::schema {

class PatternCompiler {
public:
    explicit PatternCompiler(PatternParser& parser) : parser_(parser) {}

    Result<Pattern> compile(std::uint32_t root) {
        if (!emit(root)) {
            return Error(Errc::limit, "takes more than " +
                                          std::to_string(Pattern::kMostInstructions) +
                                          " steps when its repetitions are written out");
        }
        push({});
        out_.sets_ = std::move(parser_.sets);
        out_.words_.add(word_characters());
        out_.words_.finish();
        return std::move(out_);
    }

private:
    using Kind = Instruction::Kind;

    std::uint32_t here() const { return static_cast<std::uint32_t>(out_.program_.size()); }
    std::uint32_t push(Instruction instruction) {
        out_.program_.push_back(instruction);
        return here() - 1;
    }

    // False when there is too much of it. Visits are counted, too: empty pieces emit nothing.
    bool emit(std::uint32_t index) {
        constexpr std::size_t kMostVisits = 16 * Pattern::kMostInstructions;
        if (++visits_ > kMostVisits || out_.program_.size() > Pattern::kMostInstructions)
            return false;
        const auto& node = parser_.nodes[index];
        switch (node.kind) {
            case PatternNode::Kind::set: push({Kind::set, node.value, 0}); return true;
            case PatternNode::Kind::assertion: push({Kind::assertion, node.value, 0}); return true;
            case PatternNode::Kind::choice: return emit_choice(node);
            case PatternNode::Kind::repeat: return emit_repeat(node);
            case PatternNode::Kind::sequence:
                for (const auto child : node.children) {
                    if (!emit(child)) return false;
                }
                return true;
        }
        return true;
    }

    bool emit_choice(const PatternNode& node) {
        std::vector<std::uint32_t> jumps;
        for (std::size_t i = 0; i < node.children.size(); ++i) {
            const bool last = i + 1 == node.children.size();
            const auto split = last ? 0 : push({Kind::split, here() + 1, 0});
            if (!emit(node.children[i])) return false;
            if (last) break;
            jumps.push_back(push({Kind::jump, 0, 0}));
            out_.program_[split].second = here();
        }
        for (const auto jump : jumps) out_.program_[jump].first = here();
        return true;
    }

    bool emit_repeat(const PatternNode& node) {
        const auto child = node.children.front();
        for (std::uint32_t i = 0; i < node.least; ++i) {
            if (!emit(child)) return false;
        }
        if (node.most == kUnlimited) {
            const auto loop = push({Kind::split, here() + 1, 0});
            if (!emit(child)) return false;
            push({Kind::jump, loop, 0});
            out_.program_[loop].second = here();
            return true;
        }
        std::vector<std::uint32_t> ways_out;
        for (auto i = node.least; i < node.most; ++i) {
            ways_out.push_back(push({Kind::split, here() + 1, 0}));
            if (!emit(child)) return false;
        }
        for (const auto split : ways_out) out_.program_[split].second = here();
        return true;
    }

    PatternParser& parser_;
    Pattern out_;
    std::size_t visits_ = 0;
};

Result<Pattern> Pattern::compile(std::string_view text) {
    if (text.size() > kLongestPattern) {
        return Error(Errc::limit, "longer than " + std::to_string(kLongestPattern) + " bytes");
    }
    if (!is_utf8(text)) return Error(Errc::bad_input, "not UTF-8");
    PatternParser parser(text);
    const auto root = parser.parse();
    if (!root) return parser.error();
    return PatternCompiler(parser).compile(*root);
}

}  // namespace topgun::schema
