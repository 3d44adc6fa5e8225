// The man page and the shells' completions, made from the same tree of options that the command
// parses with: they cannot say anything else.
#include <algorithm>
#include <map>
#include <vector>

#include <fmt/core.h>

#include <nautilus/version.hpp>

#include "commands.hpp"
#include "report.hpp"

namespace app {
namespace {

/// Text that roff prints as it is.
std::string roff(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) {
      out += "\\&";
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

bool shown(const CLI::App& command) { return !command.get_group().empty(); }

std::vector<const CLI::App*> children(const CLI::App& command) {
  std::vector<const CLI::App*> out;
  for (const CLI::App* child : command.get_subcommands([](const CLI::App*) { return true; })) {
    if (shown(*child)) out.push_back(child);
  }
  return out;
}

std::vector<const CLI::Option*> options(const CLI::App& command) {
  std::vector<const CLI::Option*> out;
  for (const CLI::Option* option : command.get_options([](const CLI::Option*) { return true; })) {
    if (option->nonpositional()) out.push_back(option);
  }
  return out;
}

std::string long_name(const CLI::Option& option) { return "--" + option.get_lnames().front(); }

/// What a value is, without the checks that CLI11 appends.
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  return type.substr(0, type.find(':'));
}

void man_options(const CLI::App& command) {
  for (const CLI::Option* option : options(command)) {
    const bool flag = option->get_items_expected_max() == 0;
    fmt::print(".TP\n\\fB{}\\fR{}\n{}\n", roff(long_name(*option)),
               flag ? "" : " \\fI" + roff(value_name(*option)) + "\\fR",
               roff(option->get_description()));
  }
}

void man_command(const CLI::App& command, const std::string& path) {
  std::string positional;
  for (const CLI::Option* option : command.get_options([](const CLI::Option*) { return true; })) {
    if (!option->nonpositional()) {
      positional += " \\fI" + roff(option->get_name(true)) + "\\fR";
    }
  }
  fmt::print(".SS \"{}\"\n\\fB{}\\fR{} [\\fIOPTIONS\\fR]\n.PP\n{}.\n", roff(path), roff(path),
             positional, roff(command.get_description()));
  man_options(command);
  for (const CLI::App* child : children(command)) {
    man_command(*child, path + " " + child->get_name());
  }
  // Subcommands inherit their parent's footer.
  if (!command.get_footer().empty() && command.get_footer() != command.get_parent()->get_footer()) {
    fmt::print(".PP\n.nf\n{}\n.fi\n", roff(command.get_footer()));
  }
}

void man(const CLI::App& root) {
  fmt::print(".TH NAUTILUS 1 \"\" \"nautilus {}\" \"User Commands\"\n", nautilus::kVersion);
  fmt::print(
      ".SH NAME\nnautilus \\- post\\-quantum, mutually authenticated TLS 1.3\n"
      ".SH SYNOPSIS\n\\fBnautilus\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n"
      ".SH DESCRIPTION\n"
      "Makes certificates, serves and connects over TLS 1.3 with post\\-quantum key exchange, "
      "both\n"
      "sides authenticated unless told otherwise. Errors are two lines: what failed, on which "
      "side\n"
      "and with which alert; and what to try. With \\fB\\-\\-json\\fR they are an object with\n"
      "\\fBerror\\fR, \\fBside\\fR, \\fBalert\\fR, \\fBhint\\fR and \\fBexit\\fR.\n"
      ".SH COMMANDS\n");
  for (const CLI::App* child : children(root)) {
    man_command(*child, "nautilus " + child->get_name());
  }
  fmt::print(
      ".SH \"EXIT STATUS\"\n{}\n"
      ".SH ENVIRONMENT\n.TP\n\\fBSSLKEYLOGFILE\\fR\nA file to append the connections' secrets to, "
      "unless \\fB\\-\\-keylog\\fR names one.\n"
      ".SH FILES\n.TP\n\\fINAME\\fR.pem, \\fINAME\\fR.key\nA certificate chain, leaf first, and "
      "its "
      "private key: what \\fB\\-\\-identity\\fR names. Keys are written with mode 0600.\n",
      roff(kExitHelp));
}

using Paths = std::vector<std::pair<std::string, const CLI::App*>>;

/// Options that take one of a few words, and the words.
std::map<std::string, std::string> choices_of(const Paths& commands) {
  std::map<std::string, std::string> out;
  for (const auto& [path, command] : commands) {
    for (const CLI::Option* option : options(*command)) {
      // A choice shows in the option's type as {a,b}.
      const std::string type = option->get_type_name();
      const std::size_t open = type.find('{');
      const std::size_t close = type.rfind('}');
      if (open == std::string::npos || close == std::string::npos) continue;
      std::string choices = type.substr(open + 1, close - open - 1);
      std::replace(choices.begin(), choices.end(), ',', ' ');
      out.emplace(long_name(*option), choices);
    }
  }
  return out;
}

void bash(const CLI::App& root) {
  Paths all;
  const auto collect = [&](const auto& self, const CLI::App& command,
                           const std::string& path) -> void {
    all.emplace_back(path, &command);
    for (const CLI::App* child : children(command)) {
      self(self, *child, path.empty() ? child->get_name() : path + " " + child->get_name());
    }
  };
  collect(collect, root, "");
  fmt::print(
      "_nautilus() {{\n"
      "  local word command='' current=${{COMP_WORDS[COMP_CWORD]}}\n"
      "  local previous=${{COMP_WORDS[COMP_CWORD - 1]}}\n"
      "  for word in \"${{COMP_WORDS[@]:1:COMP_CWORD-1}}\"; do\n"
      "    case \"$command $word\" in\n");
  for (const auto& [path, command] : all) {
    if (path.empty()) continue;
    const std::size_t space = path.rfind(' ');
    const std::string before = space == std::string::npos ? "" : path.substr(0, space);
    fmt::print("      '{} {}') command='{}' ;;\n", before, command->get_name(), path);
  }
  fmt::print("    esac\n  done\n  case $previous in\n");
  for (const auto& [name, choices] : choices_of(all)) {
    fmt::print("    {}) mapfile -t COMPREPLY < <(compgen -W '{}' -- \"$current\"); return ;;\n",
               name, choices);
  }
  fmt::print("  esac\n  local words=''\n  case $command in\n");
  for (const auto& [path, command] : all) {
    std::string words;
    for (const CLI::App* child : children(*command)) words += child->get_name() + " ";
    for (const CLI::Option* option : options(*command)) words += long_name(*option) + " ";
    fmt::print("    '{}') words='{}' ;;\n", path, words);
  }
  fmt::print(
      "  esac\n"
      "  if [[ $current == -* || -z $command ]]; then\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
      "  else\n"
      "    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\"; compgen -f -- "
      "\"$current\")\n"
      "  fi\n"
      "}}\n"
      "complete -o filenames -F _nautilus nautilus\n");
}

/// An option's or command's description, between single quotes and brackets of zsh's own.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else if (c == '[' || c == ']' || c == ':' || c == '\\') {
      out += '\\';
      out += c;
    } else {
      out += c;
    }
  }
  return out;
}

void zsh_command(const CLI::App& command, const std::string& function) {
  const auto subcommands = children(command);
  for (const CLI::App* child : subcommands) {
    zsh_command(*child, function + "_" + child->get_name());
  }
  fmt::print("{}() {{\n  local context state line\n  _arguments -C \\\n", function);
  for (const CLI::Option* option : options(command)) {
    const bool flag = option->get_items_expected_max() == 0;
    fmt::print("    '*{}[{}]{}' \\\n", long_name(*option), zsh_text(option->get_description()),
               flag ? "" : ":value:_files");
  }
  if (subcommands.empty()) {
    fmt::print("    '*:file:_files'\n}}\n");
    return;
  }
  fmt::print(
      "    '1: :->command' '*:: :->rest'\n  case $state in\n    command)\n"
      "      local -a commands=(\n");
  for (const CLI::App* child : subcommands) {
    fmt::print("        '{}:{}'\n", child->get_name(), zsh_text(child->get_description()));
  }
  fmt::print("      )\n      _describe command commands ;;\n    rest)\n      case $line[1] in\n");
  for (const CLI::App* child : subcommands) {
    fmt::print("        {}) {}_{} ;;\n", child->get_name(), function, child->get_name());
  }
  fmt::print("      esac ;;\n  esac\n}}\n");
}

void zsh(const CLI::App& root) {
  fmt::print("#compdef nautilus\n");
  zsh_command(root, "_nautilus");
  fmt::print("_nautilus \"$@\"\n");
}

}  // namespace

Command add_docs(CLI::App& parent) {
  auto kind = std::make_shared<std::string>();
  CLI::App* sub = parent.add_subcommand("docs", "Print the man page or a shell's completion");
  sub->footer(
      "Example:\n  nautilus docs bash > ~/.local/share/bash-completion/completions/nautilus");
  sub->add_option("kind", *kind, "man, bash or zsh")
      ->required()
      ->check(CLI::IsMember({"man", "bash", "zsh"}));
  return [kind, &parent] {
    (*kind == "man" ? man : *kind == "bash" ? bash : zsh)(parent);
    return static_cast<int>(kOk);
  };
}

}  // namespace app
