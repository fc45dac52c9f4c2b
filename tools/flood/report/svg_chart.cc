#include "tools/flood/report/svg_chart.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

namespace dotring::flood {
namespace {

constexpr double kWidth = 860, kHeight = 400;
constexpr double kLeft = 90, kRight = 840, kTop = 50, kBottom = 340;

[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

std::string escaped(const std::string& text) {
  std::string result;
  for (const char c : text) {
    if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '&')
      result += "&amp;";
    else
      result += c;
  }
  return result;
}

std::string label(double x, double y, const char* anchor, const std::string& text,
                  const char* more = "") {
  return format("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>", x, y, anchor, more) +
         escaped(text) + "</text>\n";
}

// 0 at `from`, 1 at `to`.
double position(const SvgChart::Axis& axis, double value) {
  const double share = axis.logarithmic ? (std::log10(value) - std::log10(axis.from)) /
                                              (std::log10(axis.to) - std::log10(axis.from))
                                        : (value - axis.from) / (axis.to - axis.from);
  return std::clamp(share, 0.0, 1.0);
}

double x_of(const SvgChart::Axis& axis, double value) {
  return kLeft + position(axis, value) * (kRight - kLeft);
}
double y_of(const SvgChart::Axis& axis, double value) {
  return kBottom - position(axis, value) * (kBottom - kTop);
}

// Powers of ten, or about eight round steps.
std::vector<double> ticks_of(const SvgChart::Axis& axis) {
  std::vector<double> ticks;
  const double low = std::min(axis.from, axis.to), high = std::max(axis.from, axis.to);
  if (axis.logarithmic) {
    for (double tick = std::pow(10, std::ceil(std::log10(low) - 1e-9)); tick <= high * 1.0001;
         tick *= 10) {
      ticks.push_back(tick);
    }
    return ticks;
  }
  double step = std::pow(10, std::floor(std::log10((high - low) / 2)));
  if ((high - low) / step > 8) step *= 2;
  if ((high - low) / step > 8) step *= 2.5;
  for (double tick = std::ceil(low / step) * step; tick <= high; tick += step)
    ticks.push_back(tick);
  return ticks;
}

}  // namespace

SvgChart::SvgChart(std::string title, std::string x_title, std::string y_title)
    : title_(std::move(title)), x_title_(std::move(x_title)), y_title_(std::move(y_title)) {}

void SvgChart::add_line(std::string name, std::string colour, Points points) {
  lines_.push_back({std::move(name), std::move(colour), std::move(points)});
}

std::string SvgChart::ticks() const {
  std::string text;
  for (const double tick : ticks_of(x_)) {
    const double x = x_of(x_, tick);
    text += format("<path d=\"M%.1f %.1fV%.1f\" stroke=\"#ddd\"/>\n", x, kTop, kBottom);
    text += label(x, kBottom + 18, "middle", format("%.6g", tick));
  }
  for (const double tick : ticks_of(y_)) {
    const double y = y_of(y_, tick);
    text += format("<path d=\"M%.1f %.1fH%.1f\" stroke=\"#ddd\"/>\n", kLeft, y, kRight);
    text += label(kLeft - 8, y + 4, "end", format("%.6g", tick));
  }
  return text;
}

std::string SvgChart::lines() const {
  std::string text;
  double legend_y = kTop + 16;
  for (const Line& line : lines_) {
    std::string points;
    for (const Point& point : line.points) {
      points += format("%.1f,%.1f ", x_of(x_, point.x), y_of(y_, point.y));
    }
    text += format("<polyline fill=\"none\" stroke-width=\"2\" stroke=\"%s\" points=\"",
                   line.colour.c_str()) +
            points + "\"/>\n";
    text += label(kLeft + 12, legend_y, "start", line.name,
                  format("fill=\"%s\"", line.colour.c_str()).c_str());
    legend_y += 16;
  }
  return text;
}

std::string SvgChart::svg() const {
  const std::string turned = format("transform=\"rotate(-90 24 %.0f)\"", (kTop + kBottom) / 2);
  return format("<svg width=\"%.0f\" height=\"%.0f\" viewBox=\"0 0 %.0f %.0f\">\n", kWidth, kHeight,
                kWidth, kHeight) +
         label(kWidth / 2, 28, "middle", title_, "font-size=\"16\"") + ticks() +
         format("<path d=\"M%.1f %.1fV%.1fH%.1f\" fill=\"none\" stroke=\"#555\"/>\n", kLeft, kTop,
                kBottom, kRight) +
         lines() + label((kLeft + kRight) / 2, kBottom + 42, "middle", x_title_) +
         label(24, (kTop + kBottom) / 2, "middle", y_title_, turned.c_str()) + "</svg>\n";
}

// The charts are moved below each other by their order.
std::string SvgChart::stack(const std::string& charts, int count) {
  std::string text = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
      "font-family=\"sans-serif\" font-size=\"12\" style=\"background:#fff\">\n",
      kWidth, kHeight * count);
  size_t start = 0;
  for (int i = 0; i < count; ++i) {
    const size_t end = std::min(charts.find("</svg>\n", start), charts.size() - 7) + 7;
    text += format("<g transform=\"translate(0 %.0f)\">\n", kHeight * i) +
            charts.substr(start, end - start) + "</g>\n";
    start = end;
  }
  return text + "</svg>\n";
}

}  // namespace dotring::flood
