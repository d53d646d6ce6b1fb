// SPDX-License-Identifier: Apache-2.0
#include "verb/profile/flame_graph.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include <fmt/format.h>

#include "base/escape.hpp"
#include "verb/profile/symbol_name.hpp"

namespace busmark {
namespace {

constexpr double kWidth = 1200;
constexpr double kMargin = 10;
constexpr double kRow = 17;
constexpr double kTop = 60;      // for the titles
constexpr double kBottom = 30;   // for what the pointer is on
constexpr double kLetter = 6.7;  // of the text in boxes, in pixels
constexpr double kNarrowest = 0.1;

constexpr std::string_view kStyle =
    "text{font:11px ui-monospace,monospace;fill:#111}"
    ".h{font:bold 16px sans-serif;text-anchor:middle}"
    ".s{font:12px sans-serif;text-anchor:middle;fill:#444}"
    ".f{cursor:pointer}.f text{pointer-events:none}"
    ".f rect{stroke:#fff;stroke-width:.5}.f:hover rect{stroke:#000}"
    ".b{opacity:.5}";

/// `x` and `w` of a box are samples, so that a zoom is a matter of scale.
constexpr std::string_view kScript = R"js(
(function () {
  "use strict";
  var svg = document.documentElement;
  var width = 1200, margin = 10, letter = 6.7;
  var all = Array.prototype.map.call(svg.querySelectorAll(".f"), function (box) {
    return { box: box, rect: box.querySelector("rect"), text: box.querySelector("text"),
             x: +box.dataset.x, w: +box.dataset.w, d: +box.dataset.d,
             name: box.dataset.n, title: box.querySelector("title").textContent };
  });
  var status = document.getElementById("status");
  function fitted(name, room) {
    if (name.length <= room) return room < 3 ? "" : name;
    var last = name.slice(name.lastIndexOf("::") + 1).replace(/^:/, "");
    if (last.length > room) last = last.slice(0, room - 2) + "..";
    return room < 3 ? "" : last;
  }
  function zoom(to) {
    var scale = (width - 2 * margin) / to.w;
    all.forEach(function (one) {
      var above = one.d < to.d && one.x <= to.x && one.x + one.w >= to.x + to.w;
      var inside = one.x >= to.x && one.x + one.w <= to.x + to.w && one.d >= to.d;
      one.box.style.display = above || inside ? "" : "none";
      one.box.classList.toggle("b", above);
      if (!above && !inside) return;
      var x = above ? margin : margin + (one.x - to.x) * scale;
      var w = above ? width - 2 * margin : one.w * scale;
      var room = Math.floor((w - 6) / letter);
      one.rect.setAttribute("x", x);
      one.rect.setAttribute("width", w);
      one.text.setAttribute("x", x + 3);
      one.text.textContent = fitted(one.name, room);
    });
  }
  all.forEach(function (one) {
    one.box.addEventListener("click", function () { zoom(one); });
    one.box.addEventListener("mouseover", function () { status.textContent = one.title; });
    one.box.addEventListener("mouseout", function () { status.textContent = ""; });
  });
})();
)js";

/// The same name has the same colour everywhere. Warm: the program; blue: the kernel; green: what
/// the compiler has put into its caller.
std::string colour_of(const PerfFrame& frame, std::size_t depth) {
  if (depth <= 1) return "#cfd8dc";  // everything, and the roles
  std::uint32_t hash = 2166136261U;  // FNV-1a
  for (const char c : frame.symbol) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  }
  const std::uint32_t hue = hash % 40;
  const std::uint32_t light = 62 + (hash >> 8) % 16;
  std::uint32_t base = 15;
  if (frame.object.find("[kernel") != std::string::npos) base = 200;
  if (frame.object == "inlined") base = 80;
  return fmt::format("hsl({},{}%,{}%)", base + hue, base == 15 ? 85 : 55, light);
}

/// A name that is too long gives way to its last part.
std::string fitted(const std::string& name, double width) {
  const double room = (width - 6) / kLetter;
  if (room < 3) return {};
  const auto letters = static_cast<std::size_t>(room);
  if (name.size() <= letters) return name;
  const std::size_t colons = name.rfind("::");
  std::string last = colons == std::string::npos ? name : name.substr(colons + 2);
  if (last.size() <= letters) return last;
  // Names of other programs may hold more than ASCII; those are not cut.
  const bool ascii = std::ranges::all_of(last, [](char c) { return c > 0; });
  return ascii ? last.substr(0, letters - 2) + ".." : std::string{};
}

class Drawing {
 public:
  explicit Drawing(const StackTree& tree) : tree_(tree) {
    scale_ = (kWidth - 2 * kMargin) /
             static_cast<double>(std::max<std::uint64_t>(tree.root().samples, 1));
    measure(0, 0);
    height_ = kTop + kRow * static_cast<double>(deepest_ + 1) + kBottom;
    draw(0, 0, 0);
  }
  [[nodiscard]] const std::string& boxes() const noexcept { return boxes_; }
  [[nodiscard]] double height() const noexcept { return height_; }
  [[nodiscard]] std::size_t left_out() const noexcept { return left_out_; }

 private:
  [[nodiscard]] bool visible(const StackTree::Node& node) const {
    return static_cast<double>(node.samples) * scale_ >= kNarrowest;
  }

  void measure(std::size_t index, std::size_t depth) {
    const StackTree::Node& node = tree_.node(index);
    if (!visible(node)) return;
    deepest_ = std::max(deepest_, depth);
    for (const std::size_t child : node.children) measure(child, depth + 1);
  }

  void draw(std::size_t index, std::uint64_t first, std::size_t depth) {
    const StackTree::Node& node = tree_.node(index);
    if (!visible(node)) {
      ++left_out_;
      return;
    }
    const double x = kMargin + static_cast<double>(first) * scale_;
    const double y = height_ - kBottom - kRow * static_cast<double>(depth + 1);
    const double width = static_cast<double>(node.samples) * scale_;
    const std::string whole = index == 0 ? "all" : node.frame.symbol;
    const std::string name = index == 0 ? whole : short_symbol(whole);
    const double share = 100 * static_cast<double>(node.samples) /
                         static_cast<double>(std::max<std::uint64_t>(tree_.root().samples, 1));
    const std::string object =
        node.frame.object.empty() ? "" : fmt::format(" ({})", node.frame.object);
    boxes_ += fmt::format(
        "<g class=\"f\" data-x=\"{}\" data-w=\"{}\" data-d=\"{}\" data-n=\"{}\">"
        "<title>{}{}: {} samples, {:.2f} %</title>"
        "<rect x=\"{:.2f}\" y=\"{:.0f}\" width=\"{:.2f}\" height=\"{:.0f}\" rx=\"1\" "
        "fill=\"{}\"/><text x=\"{:.2f}\" y=\"{:.0f}\">{}</text></g>\n",
        first, node.samples, depth, xml_text(name), xml_text(whole), xml_text(object), node.samples,
        share, x, y, width, kRow - 1, colour_of(node.frame, depth), x + 3, y + 12,
        xml_text(fitted(name, width)));
    // By name, so that two graphs of the same program can be laid side by side.
    std::vector<std::size_t> children = node.children;
    std::stable_sort(children.begin(), children.end(), [&](std::size_t a, std::size_t b) {
      return tree_.node(a).frame.symbol < tree_.node(b).frame.symbol;
    });
    for (const std::size_t child : children) {
      draw(child, first, depth + 1);
      first += tree_.node(child).samples;
    }
  }

  const StackTree& tree_;
  double scale_ = 1;
  double height_ = 0;
  std::size_t deepest_ = 0;
  std::size_t left_out_ = 0;
  std::string boxes_;
};

}  // namespace

std::string write_flame_graph(const StackTree& tree, const FlameGraphTitle& title) {
  const Drawing drawing(tree);
  std::string below = title.below;
  if (drawing.left_out() > 0) {
    below += fmt::format("; {} too narrow to be drawn", drawing.left_out());
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"{0:.0f}\" "
      "height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} {1:.0f}\">\n"
      "<style>{2}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
      "<text class=\"h\" x=\"{3:.0f}\" y=\"24\">{4}</text>\n"
      "<text class=\"s\" x=\"{3:.0f}\" y=\"44\">{5}</text>\n"
      "{6}"
      "<text id=\"status\" x=\"{7:.0f}\" y=\"{8:.0f}\"></text>\n"
      "<script><![CDATA[{9}]]></script>\n"
      "</svg>\n",
      kWidth, drawing.height(), kStyle, kWidth / 2, xml_text(title.head), xml_text(below),
      drawing.boxes(), kMargin, drawing.height() - 9, kScript);
}

}  // namespace busmark
