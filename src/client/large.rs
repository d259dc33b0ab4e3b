//! Bodies that a server may refuse by their size alone. Who writes such a body in one go may be cut off before it has read the
//! refusal, so it is offered first (`Expect: 100-continue`) and then sent in pieces, between which an answer is heard.
//! It knows nothing of transports or of what stands in a body.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Instant, Sleep, sleep};

/// From so many bytes on a body is large: less fits into what a connection takes without anybody reading.
pub(super) const LARGE: usize = 64 << 10;

/// How long an answer to the offer is waited for (`RFC9110 §10.1.1`: no longer than is sensible). A server that says
/// `100 Continue` is not heard sooner.
const OFFER: Duration = Duration::from_millis(500);
/// Bytes of a piece.
const PIECE: usize = 16 << 10;
/// Between two pieces.
const BREATH: Duration = Duration::from_millis(1);

/// A large body on its way.
pub(super) struct Pieces {
    left: Bytes,
    pause: Pin<Box<Sleep>>,
}

impl Pieces {
    /// A body whose first piece follows at once, or once it was offered.
    pub fn new(body: &[u8], offered: bool) -> Self {
        let pause = sleep(if offered { OFFER } else { Duration::ZERO });
        Self { left: Bytes::copy_from_slice(body), pause: Box::pin(pause) }
    }
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left.is_empty() {
            return Poll::Ready(None);
        }
        ready!(self.pause.as_mut().poll(context));
        let size = self.left.len().min(PIECE);
        let piece = self.left.split_to(size);
        self.pause.as_mut().reset(Instant::now() + BREATH);
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left.len() as u64)
    }
}
