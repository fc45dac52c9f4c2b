// A line chart as SVG: two axes, linear or logarithmic, lines and a legend.
//
// Pure text. Texts are escaped; points outside the axes are drawn at their edge.

#pragma once

#include <string>
#include <vector>

namespace dotring::flood {

class SvgChart {
 public:
  struct Point {
    double x = 0;
    double y = 0;
  };
  using Points = std::vector<Point>;
  struct Axis {
    double from = 0;  ///< at the left, or the bottom
    double to = 1;    ///< logarithmic ones need both above 0; `to` may be the smaller
    bool logarithmic = false;
  };

  SvgChart(std::string title, std::string x_title, std::string y_title);

  void set_x(const Axis& axis) { x_ = axis; }
  void set_y(const Axis& axis) { y_ = axis; }
  void add_line(std::string name, std::string colour, Points points);

  /// One chart of a stack.
  std::string svg() const;
  /// A whole document of `count` charts, one below the other.
  static std::string stack(const std::string& charts, int count);

 private:
  struct Line {
    std::string name;
    std::string colour;
    Points points;
  };

  std::string ticks() const;
  std::string lines() const;

  const std::string title_;
  const std::string x_title_;
  const std::string y_title_;
  Axis x_;
  Axis y_;
  std::vector<Line> lines_;
};

}  // namespace dotring::flood
