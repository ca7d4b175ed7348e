// SPDX-License-Identifier: Apache-2.0
#include "repl.hpp"

#include <histedit.h>
#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <cstring>
#include <cwchar>
#include <memory>

#include "common/text.hpp"
#include "completion.hpp"
#include "history_file.hpp"
#include "interrupt.hpp"
#include "terminal_mode.hpp"

namespace topgun::cli {
namespace {

// More candidates than this are counted, not listed.
constexpr std::size_t kCandidatesListed = 300;

// libedit turns bytes into characters by the locale; our texts are UTF-8 whatever it says.
void use_utf8() {
    std::setlocale(LC_CTYPE, "");
    if (std::string_view(::nl_langinfo(CODESET)) != "UTF-8") std::setlocale(LC_CTYPE, "C.UTF-8");
}

class Prompt {
public:
    static Result<std::unique_ptr<Prompt>> create(Shell& shell) {
        use_utf8();
        std::unique_ptr<Prompt> prompt(new Prompt(shell));
        if (!prompt->edit_ || !prompt->history_) {
            return Error(Errc::io, "the terminal cannot be used for line editing");
        }
        prompt->set_up();
        return prompt;
    }

    void run() {
        for (;;) {
            int count = 0;
            const char* line = ::el_gets(edit_.get(), &count);
            type_ahead_.renew();
            if (line == nullptr || count <= 0) {
                if (interrupted()) {
                    clear();
                    continue;
                }
                shell_.printer().text("\n");
                // Ctrl-D within a statement drops it first, so that a second one leaves.
                if (script_.pending) {
                    clear();
                    continue;
                }
                if (shell_.may_leave()) return;
                continue;
            }
            take(std::string_view(line, static_cast<std::size_t>(count)));
            if (!shell_.goes_on()) return;
        }
    }

private:
    struct EndEdit {
        void operator()(EditLine* edit) const noexcept { ::el_end(edit); }
    };
    struct EndHistory {
        void operator()(History* history) const noexcept { ::history_end(history); }
    };

    explicit Prompt(Shell& shell)
        : shell_(shell),
          file_(history_path()),
          history_(::history_init()),
          edit_(::el_init("topgun-sql", stdin, stdout, stderr)) {}

    void set_up() {
        HistEvent event;
        ::history(history_.get(), &event, H_SETSIZE, static_cast<int>(HistoryFile::kEntriesMax));
        ::history(history_.get(), &event, H_SETUNIQUE, 1);
        for (const auto& entry : file_.load()) {
            ::history(history_.get(), &event, H_ENTER, entry.c_str());
        }
        auto* edit = edit_.get();
        ::el_set(edit, EL_CLIENTDATA, this);
        ::el_set(edit, EL_PROMPT, &Prompt::prompt);
        ::el_set(edit, EL_EDITOR, "emacs");
        ::el_set(edit, EL_SIGNAL, 1);
        ::el_set(edit, EL_HIST, ::history, history_.get());
        ::el_wset(edit, EL_GETCFN, &Prompt::get_character);
        ::el_set(edit, EL_ADDFN, "topgun-complete", "Complete a word", &Prompt::complete_word);
        ::el_set(edit, EL_BIND, "^I", "topgun-complete", nullptr);
        ::el_set(edit, EL_BIND, "^R", "em-inc-search-prev", nullptr);
        ::el_source(edit, nullptr);
    }

    static Prompt& of(EditLine* edit) {
        void* self = nullptr;
        ::el_get(edit, EL_CLIENTDATA, &self);
        return *static_cast<Prompt*>(self);
    }

    static char* prompt(EditLine* edit) {
        auto& self = of(edit);
        const auto& attached = self.shell_.attached();
        self.prompt_ = prompt_text(attached.empty() ? "topgun" : printable(attached.front()),
                                   self.shell_.session().in_transaction(), self.script_.pending);
        return self.prompt_.data();
    }

    // Like libedit's own, but Ctrl-C ends the line instead of being retried.
    static int get_character(EditLine* edit, wchar_t* out) {
        std::mbstate_t state{};
        for (;;) {
            if (!wait_for_input(STDIN_FILENO)) {
                if (interrupted()) return -1;
                ::el_set(edit, EL_REFRESH);
                continue;
            }
            char byte = 0;
            const auto count = ::read(STDIN_FILENO, &byte, 1);
            if (count <= 0) return static_cast<int>(count);
            // What a Ctrl-D becomes while libedit changes the mode; to libedit it is "quote the
            // next".
            if (byte == 0) continue;
            const auto length = std::mbrtowc(out, &byte, 1, &state);
            if (length == static_cast<std::size_t>(-2)) continue;
            if (length == static_cast<std::size_t>(-1)) {
                state = {};
                continue;
            }
            return 1;
        }
    }

    static unsigned char complete_word(EditLine* edit, int) {
        auto& self = of(edit);
        const auto* line = ::el_line(edit);
        const std::string_view typed(line->buffer,
                                     static_cast<std::size_t>(line->cursor - line->buffer));
        const auto pending = std::string_view(self.script_.text).substr(self.script_.begin);
        const CompletionWords words{self.shell_.session().tables(),
                                    self.shell_.session().functions()};
        const auto found = complete(pending, typed, words);
        if (found.candidates.empty()) return CC_ERROR;
        const auto shared = common_prefix(found.candidates);
        const auto old = std::string(typed.substr(typed.size() - found.replaced));
        const bool single = found.candidates.size() == 1;
        // Keywords are matched whatever their case, so what was typed may have to change.
        if (single || shared.size() > old.size()) {
            // libedit counts characters where we count bytes.
            const auto characters = std::count_if(old.begin(), old.end(), [](char c) {
                return (static_cast<unsigned char>(c) & 0xc0u) != 0x80u;
            });
            if (characters > 0) ::el_deletestr(edit, static_cast<int>(characters));
            const bool folder = single && shared.ends_with('/');
            ::el_insertstr(edit, (shared + (single && !folder ? " " : "")).c_str());
            return CC_REFRESH;
        }
        self.list(found.candidates);
        return CC_REDISPLAY;
    }

    void list(const std::vector<std::string>& candidates) {
        auto text = candidates.size() > kCandidatesListed
                        ? human_count(candidates.size()) + " possibilities\n"
                        : columns_of_words(candidates, screen_of(STDOUT_FILENO).columns);
        shell_.printer().text('\n' + text);
    }

    void clear() {
        clear_interrupt();
        shell_.io().out << '\n';
        shell_.io().out.flush();
        script_ = {};
        entry_.clear();
    }

    void take(std::string_view line) {
        while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
        entry_ += line;
        entry_ += '\n';
        const auto begin = script_.text.size();
        script_.text += line;
        script_.text += '\n';
        clear_interrupt();
        shell_.feed(script_, begin, begin + line.size());
        clear_interrupt();
        if (script_.pending) return;
        remember();
        script_ = {};
    }

    void remember() {
        for (const auto& entry : history_entries(entry_)) {
            HistEvent event;
            ::history(history_.get(), &event, H_ENTER, entry.c_str());
            auto kept = file_.add(entry);
            if (!kept && !told_) {
                shell_.io().err.warning("history is not kept: " + kept.error().text());
                told_ = true;
            }
        }
        entry_.clear();
    }

    Shell& shell_;
    TypeAheadScope type_ahead_;
    HistoryFile file_;
    std::unique_ptr<History, EndHistory> history_;
    std::unique_ptr<EditLine, EndEdit> edit_;
    Script script_;
    std::string entry_, prompt_;
    bool told_ = false;
};

}  // namespace

std::string prompt_text(const std::string& name, bool in_transaction, bool pending) {
    return name + (pending ? "-> " : in_transaction ? "*> " : "=> ");
}

Status run_prompt(Shell& shell) {
    auto prompt = Prompt::create(shell);
    if (!prompt) return std::move(prompt).error();
    const InterruptScope interruptible(shell.session());
    shell.set_interactive(true);
    (*prompt)->run();
    return shell.printer().close();
}

}  // namespace topgun::cli
