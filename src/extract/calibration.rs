//! How odds by the weights become a likelihood that comes true as often as it says (Platt's scaling).

/// The scale and the shift of the odds.
#[derive(Debug, Clone, Copy)]
pub struct Calibration {
    /// What the logarithm of the odds is multiplied by.
    pub scale: f32,
    /// What is added to it then.
    pub shift: f32,
}

impl Calibration {
    /// Reads what [`Calibration::write`] has written. Lines that begin with `# ` are notes.
    ///
    /// # Errors
    /// The line that is missing, or is no number.
    pub fn parse(table: &str) -> Result<Self, String> {
        let told = |name: &str| {
            let line = table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('\t'));
            let hundredths = line.and_then(|number| number.parse::<i16>().ok()).ok_or(format!("no number: {name}"))?;
            Ok::<f32, String>(f32::from(hundredths) / 100.0)
        };
        Ok(Self { scale: told("scale")?, shift: told("shift")? })
    }

    /// Both, in hundredths.
    pub fn write(self) -> String {
        format!("scale\t{:.0}\nshift\t{:.0}\n", 100.0 * self.scale, 100.0 * self.shift)
    }

    /// The likelihood, 0 to 1, of the logarithm of odds.
    pub fn sure(self, odds: f32) -> f32 {
        1.0 / (1.0 + (-(self.scale * odds + self.shift)).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_again_and_what_is_none_is_refused() {
        let known = Calibration { scale: 0.82, shift: -0.27 };
        let read = Calibration::parse(&format!("# A note.\n{}", known.write())).expect("what was just written");
        assert_eq!((read.scale, read.shift), (0.82, -0.27));
        assert!((read.sure(0.0) - 0.433).abs() < 0.001);
        assert_eq!(Calibration::parse("scale\t82\n").err().as_deref(), Some("no number: shift"));
    }
}
