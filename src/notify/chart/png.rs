//! Pixels as a PNG file (W3C PNG, third edition): one IDAT chunk, no filters, which suits flat colours.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Eight bits a channel, red green blue, deflate, no filters beyond the five, not interlaced (section 11.2.1).
const TRUE_COLOUR: [u8; 5] = [8, 2, 0, 0, 0];

/// The file for a picture of `size` (width, height), three bytes a pixel, row after row.
pub(super) fn encode(size: (u32, u32), pixels: &[u8]) -> Vec<u8> {
    let mut head = Vec::with_capacity(13);
    head.extend(size.0.to_be_bytes());
    head.extend(size.1.to_be_bytes());
    head.extend(TRUE_COLOUR);

    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    for row in pixels.chunks_exact(size.0 as usize * 3) {
        let packed = packer.write_all(&[0]).and_then(|()| packer.write_all(row));
        packed.expect("a Vec takes whatever is written to it");
    }
    let data = packer.finish().expect("a Vec takes whatever is written to it");

    let mut file = SIGNATURE.to_vec();
    chunk(&mut file, b"IHDR", &head);
    chunk(&mut file, b"IDAT", &data);
    chunk(&mut file, b"IEND", &[]);
    file
}

fn chunk(file: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    let length = u32::try_from(data.len()).expect("a picture of at most 4,000 by 4,000 pixels is below 4 GB");
    file.extend(length.to_be_bytes());
    file.extend(kind);
    file.extend(data);
    let mut crc = Crc::new();
    crc.update(kind);
    crc.update(data);
    file.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_red_pixel() {
        let file = encode((1, 1), &[255, 0, 0]);
        assert_eq!(&file[..8], SIGNATURE);
        assert_eq!(&file[8..33], b"\0\0\0\x0dIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90\x77\x53\xde");
        assert_eq!(&file[file.len() - 12..], b"\0\0\0\0IEND\xae\x42\x60\x82");
    }
}
