//! A chart of one curve with logarithmic axes, as SVG. Each point has its value beside it, so that
//! nothing has to be guessed.

use std::fmt::Write as _;

/// A curve in its frame.
pub struct Chart {
    pub title: &'static str,
    pub x: &'static str,
    /// What the values are, and of what: "commits/s, five servers".
    pub y: &'static str,
    pub points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 320.0;
/// The frame's distance from the left, right, top and bottom.
const LEFT: f64 = 70.0;
const RIGHT: f64 = 40.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 52.0;

const STYLE: &str = "<style>text{font:13px sans-serif;fill:#333}.axis{stroke:#888;stroke-width:1}\
    .grid{stroke:#888;stroke-opacity:.25}.line{stroke:#06c;stroke-width:2;fill:none}\
    .point{fill:#06c}@media(prefers-color-scheme:dark){text{fill:#ddd}.line{stroke:#6bf}\
    .point{fill:#6bf}}</style>";

/// One axis: from logarithms to places.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// From the least value to the largest, with some room before and after.
    fn along(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10();
        let high = values.fold(f64::MIN_POSITIVE, f64::max).log10();
        let room = ((high - low) * 0.05).max(0.01);
        Self { low: low - room, high: high + room, from, to }
    }

    /// Whole powers of ten around all values.
    fn around(values: impl Iterator<Item = f64> + Clone, from: f64, to: f64) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor();
        let high = values.fold(f64::MIN_POSITIVE, f64::max).log10().ceil();
        Self { low, high: high.max(low + 1.0), from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - self.low) / (self.high - self.low);
        self.from + share * (self.to - self.from)
    }

    fn powers(&self) -> impl Iterator<Item = f64> + use<> {
        (self.low as i32..=self.high as i32).map(|power| 10_f64.powi(power))
    }
}

impl Chart {
    pub fn svg(&self) -> String {
        let above = TOP - 9.0;
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
             role=\"img\">{STYLE}<title>{0}</title><text x=\"{LEFT}\" y=\"18\" \
             font-weight=\"bold\">{0}</text><text x=\"{LEFT}\" y=\"{above}\">{1}</text>\n",
            self.title, self.y
        );
        if !self.points.is_empty() {
            let across = self.points.iter().map(|point| point.0);
            let up = self.points.iter().map(|point| point.1);
            let x = Axis::along(across, LEFT, WIDTH - RIGHT);
            let y = Axis::around(up, HEIGHT - BOTTOM, TOP);
            self.frame(&mut text, &x, &y);
            self.curve(&mut text, &x, &y);
        }
        text.push_str("</svg>\n");
        text
    }

    fn frame(&self, text: &mut String, x: &Axis, y: &Axis) {
        let (bottom, right) = (HEIGHT - BOTTOM, WIDTH - RIGHT);
        for (value, _) in &self.points {
            let (place, below, label) = (x.place(*value), bottom + 18.0, short(*value));
            let _ = writeln!(
                text,
                "<line class=\"grid\" x1=\"{place:.1}\" y1=\"{TOP}\" x2=\"{place:.1}\" \
                 y2=\"{bottom}\"/><text x=\"{place:.1}\" y=\"{below}\" \
                 text-anchor=\"middle\">{label}</text>"
            );
        }
        for power in y.powers() {
            let (place, left, label) = (y.place(power), LEFT - 8.0, short(power));
            let base = place + 4.0;
            let _ = writeln!(
                text,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{place:.1}\" x2=\"{right}\" \
                 y2=\"{place:.1}\"/><text x=\"{left}\" y=\"{base:.1}\" \
                 text-anchor=\"end\">{label}</text>"
            );
        }
        let (middle, under) = (f64::midpoint(LEFT, right), HEIGHT - 12.0);
        let _ = writeln!(
            text,
            "<line class=\"axis\" x1=\"{LEFT}\" y1=\"{bottom}\" x2=\"{right}\" y2=\"{bottom}\"/>\
             <line class=\"axis\" x1=\"{LEFT}\" y1=\"{TOP}\" x2=\"{LEFT}\" y2=\"{bottom}\"/>\
             <text x=\"{middle}\" y=\"{under}\" text-anchor=\"middle\">{}</text>",
            self.x
        );
    }

    fn curve(&self, text: &mut String, x: &Axis, y: &Axis) {
        let places = self.points.iter().map(|point| (x.place(point.0), y.place(point.1)));
        let path: Vec<String> = places.clone().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
        let _ = writeln!(text, "<polyline class=\"line\" points=\"{}\"/>", path.join(" "));
        for ((across, down), (_, value)) in places.zip(&self.points) {
            // Under the title there is no room above.
            let beside = if down - TOP < 16.0 { down + 20.0 } else { down - 9.0 };
            let _ = writeln!(
                text,
                "<circle class=\"point\" cx=\"{across:.1}\" cy=\"{down:.1}\" r=\"3.5\"/>\
                 <text x=\"{across:.1}\" y=\"{beside:.1}\" text-anchor=\"middle\">{}</text>",
                short(*value)
            );
        }
    }
}

/// A value in few signs: 4.1M, 230k, 0.02.
fn short(value: f64) -> String {
    let (value, unit) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e3 => (value / 1e3, "k"),
        value => (value, ""),
    };
    let text = match value {
        value if value >= 99.5 => format!("{value:.0}"),
        value if value >= 9.95 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}"),
        value => format!("{value:.3}"),
    };
    let text =
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_few_signs() {
        let written: Vec<String> = [1e6, 234_567.0, 100.0, 25.0, 0.02].map(short).to_vec();
        assert_eq!(written, ["1M", "235k", "100", "25", "0.02"]);
    }

    #[test]
    fn larger_values_stand_further_right_and_higher() {
        let points = vec![(10.0, 5.0), (1_000.0, 500.0)];
        let x = Axis::around(points.iter().map(|point| point.0), 0.0, 100.0);
        let y = Axis::around(points.iter().map(|point| point.1), 100.0, 0.0);
        assert!(x.place(10.0) < x.place(1_000.0) && y.place(500.0) < y.place(5.0));
        let svg = Chart { title: "a", x: "b", y: "c", points }.svg();
        assert_eq!(svg.matches("<circle").count(), 2);
    }
}
