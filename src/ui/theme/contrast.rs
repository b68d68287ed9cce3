//! Colour arithmetic: contrast by WCAG 2, nearest neighbours in the 256-colour cube.

/// Contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio").
pub fn contrast(one: (u8, u8, u8), other: (u8, u8, u8)) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Relative luminance of an sRGB colour.
fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
    let linear = |channel: u8| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

/// The nearest of the colours 16 to 255: a 6×6×6 cube and 24 greys.
pub(super) fn nearest_index(colour: (u8, u8, u8)) -> u8 {
    let distance = |&index: &u8| {
        let (red, green, blue) = rgb_of_index(index);
        let apart = |one: u8, other: u8| i32::from(one.abs_diff(other)).pow(2);
        apart(red, colour.0) + apart(green, colour.1) + apart(blue, colour.2)
    };
    (16..=255).min_by_key(distance).unwrap_or(15)
}

/// The colour behind an index of 16 or more in xterm's palette.
pub fn rgb_of_index(index: u8) -> (u8, u8, u8) {
    if index >= 232 {
        let grey = 8 + 10 * (index - 232);
        return (grey, grey, grey);
    }
    let level = |digit: u8| if digit == 0 { 0 } else { 55 + 40 * digit };
    let cube = index.saturating_sub(16);
    (level(cube / 36), level(cube / 6 % 6), level(cube % 6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn black_on_white_has_the_largest_contrast_there_is() {
        assert!((contrast((0, 0, 0), (255, 255, 255)) - 21.0).abs() < 1e-9);
        assert!((contrast((7, 80, 3), (7, 80, 3)) - 1.0).abs() < 1e-9);
    }

    #[test]
    fn colours_of_the_cube_are_their_own_neighbours() {
        for index in 16..=255 {
            assert_eq!(
                rgb_of_index(nearest_index(rgb_of_index(index))),
                rgb_of_index(index)
            );
        }
        assert_eq!(nearest_index((255, 255, 255)), 231);
    }
}
