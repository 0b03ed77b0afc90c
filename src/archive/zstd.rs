//! Reads zstd with any number of frames, as written by parallel packers.

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};
use std::io::{BufRead, Error, ErrorKind, Read, Result};

/// How far back content may refer, in bytes: what the zstd command accepts by default.
const LARGEST_WINDOW: u64 = 128 * 1024 * 1024;

/// The concatenated content of all frames.
pub(super) struct Frames<R: BufRead> {
    source: R,
    decoder: FrameDecoder,
    within_frame: bool,
}

impl<R: BufRead> Frames<R> {
    pub(super) fn new(source: R) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(LARGEST_WINDOW);
        Self {
            source,
            decoder,
            within_frame: false,
        }
    }

    /// Starts the next frame; returns whether there is one.
    fn begin(&mut self) -> Result<bool> {
        while !self.source.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.source) {
                Ok(()) => {
                    self.within_frame = true;
                    return Ok(true);
                }
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame {
                    length,
                    ..
                })) => self.skip(length.into())?,
                Err(error) => return Err(invalid(&error)),
            }
        }
        Ok(false)
    }

    fn skip(&mut self, length: u64) -> Result<()> {
        let mut skipped = self.source.by_ref().take(length);
        if std::io::copy(&mut skipped, &mut std::io::sink())? < length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(())
    }

    fn end(&mut self) -> Result<()> {
        self.within_frame = false;
        let said = self.decoder.get_checksum_from_data();
        if said.is_some() && said != self.decoder.get_calculated_checksum() {
            return Err(Error::new(ErrorKind::InvalidData, "wrong zstd checksum"));
        }
        Ok(())
    }
}

impl<R: BufRead> Read for Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.within_frame && !self.begin()? {
                return Ok(0);
            }
            if self.decoder.can_collect() > 0 {
                return self.decoder.read(buffer);
            }
            if self.decoder.is_finished() {
                self.end()?;
            } else {
                self.decoder
                    .decode_blocks(&mut self.source, BlockDecodingStrategy::UptoBlocks(1))
                    .map_err(|error| invalid(&error))?;
            }
        }
    }
}

fn invalid(error: &FrameDecoderError) -> Error {
    Error::new(ErrorKind::InvalidData, error.to_string())
}
