//! What a frame costs: a busy scene drawn into a buffer, at the sizes of a projector, a window and
//! a large screen.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use raftlab::cluster::command::parse_line;
use raftlab::cluster::time::Span;
use raftlab::cluster::{Cluster, Step};
use raftlab::ui::trace::Trace;
use raftlab::ui::{self, Scene, View};

use crate::book::{Book, Round, Side};
use crate::labs::lab;

/// Columns and rows.
const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];
/// How many frames a round draws.
const FRAMES: u64 = 20;

/// A cluster in the middle of much: a load, a partition, packets everywhere.
pub struct Stage {
    pub cluster: Cluster,
    pub trace: Trace,
    pub view: View,
}

impl Stage {
    pub fn busy() -> Self {
        let cluster = lab("cluster servers=5 seed=7\nuntil leader\n\
            load clients=5 keys=20 rate=100/s for 1h\nrun 1h\n");
        let view = View { pace: "40× slower".into(), ..View::default() };
        let mut stage = Self { cluster, trace: Trace::default(), view };
        stage.play(Span::from_secs(60));
        let line = parse_line("partition leader S1 | rest").expect("a good line");
        stage.cluster.apply(&line).expect("nothing forbids it");
        stage.play(Span::from_secs(2));
        stage
    }

    fn play(&mut self, span: Span) {
        let end = self.cluster.now() + span;
        while self.cluster.next_due().is_some_and(|due| due <= end) {
            if self.cluster.step() != Step::Happened {
                return;
            }
            self.trace.extend(self.cluster.events(), self.cluster.names());
        }
    }

    pub fn draw(&self, width: u16, height: u16) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let scene = Scene { cluster: &self.cluster, view: &self.view, trace: &self.trace };
        ui::draw_into(&mut buffer, &scene);
        buffer
    }
}

/// The whole subject.
pub fn measure(book: &mut Book) {
    let stage = Stage::busy();
    for (width, height) in SIZES {
        let name = format!("frame/{width}x{height}");
        if book.wants(&name) {
            let ours = Side::ours(|| {
                Round::timed(|| {
                    for _ in 0..FRAMES {
                        std::hint::black_box(stage.draw(width, height));
                    }
                    FRAMES
                })
            });
            book.contest(&name, "frames", vec![ours]);
        }
    }
}
