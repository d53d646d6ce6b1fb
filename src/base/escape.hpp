// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace busmark {

// A result file may come from anywhere, and so may the names in it. Each form of a report has its
// own way to be led astray; these make text of any origin harmless in one of them.

/// For a terminal: `?` for every control character, those of Unicode (U+0080 .. U+009F) included.
[[nodiscard]] std::string plain_text(std::string_view text);

/// For GitHub Markdown: no markup, no HTML, no new line and no table cell begins in it.
[[nodiscard]] std::string markdown_text(std::string_view text);

/// A table; cells are Markdown already. Columns between first and last are aligned right.
[[nodiscard]] std::string markdown_table(const std::vector<std::string>& titles,
                                         const std::vector<std::vector<std::string>>& rows);

/// For XML 1.0, in text and in attributes: `&lt;`, and U+FFFD for what XML has no way to hold.
[[nodiscard]] std::string xml_text(std::string_view text);

/// One cell of CSV (RFC 4180), plain, and quoted where needed. One that a spreadsheet would run as
/// a formula begins with an apostrophe.
[[nodiscard]] std::string csv_cell(std::string_view text);

/// The value of a Prometheus label, without the quotes around it.
[[nodiscard]] std::string label_value(std::string_view text);

/// Words of a command as a POSIX shell reads them back.
[[nodiscard]] std::string shell_command(const std::vector<std::string>& words);

/// `name` as part of a file's name: letters, digits and . _ - + = stay, any other character, `/`
/// above all, becomes `~`. What is longer than 150 bytes is cut and ends in a hash of the whole, so
/// that two long names stay two; room remains for a prefix and an ending.
[[nodiscard]] std::string file_part(std::string_view name);

/// The same in small letters: names of which this is equal share a file where case does not matter.
[[nodiscard]] std::string file_part_without_case(std::string_view name);

/// The message of a GitHub workflow command, and a property such as its title.
[[nodiscard]] std::string workflow_message(std::string_view text);
[[nodiscard]] std::string workflow_property(std::string_view text);
/// A whole one, with a newline. `level`: error, warning or notice.
[[nodiscard]] std::string annotation(std::string_view level, std::string_view title,
                                     std::string_view message);

}  // namespace busmark
