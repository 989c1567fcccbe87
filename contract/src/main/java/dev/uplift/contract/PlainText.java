/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.contract;

/** Text that a terminal, a log and a page show as it is. */
public final class PlainText {
    /** The last of ASCII, and the first that needs a closer look. */
    private static final char DELETE = 0x7f;

    private PlainText() {}

    /**
     * Whether {@code text} is one line, without a character that makes a terminal, a log or a page show more or other than
     * that one: no control character, separator of lines, half of a character, or change of the direction of writing.
     */
    public static boolean is(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= DELETE) {
                return text.substring(i).codePoints().noneMatch(PlainText::misleads);
            }
            if (c < ' ') {
                return false;
            }
        }
        return true;
    }

    private static boolean misleads(int codePoint) {
        return Character.isISOControl(codePoint)
                || switch (Character.getType(codePoint)) {
                    case Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SURROGATE -> true;
                    default ->
                        switch (Character.getDirectionality(codePoint)) {
                            case Character.DIRECTIONALITY_LEFT_TO_RIGHT_EMBEDDING,
                                    Character.DIRECTIONALITY_LEFT_TO_RIGHT_OVERRIDE,
                                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_EMBEDDING,
                                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_OVERRIDE,
                                    Character.DIRECTIONALITY_POP_DIRECTIONAL_FORMAT,
                                    Character.DIRECTIONALITY_LEFT_TO_RIGHT_ISOLATE,
                                    Character.DIRECTIONALITY_RIGHT_TO_LEFT_ISOLATE,
                                    Character.DIRECTIONALITY_FIRST_STRONG_ISOLATE,
                                    Character.DIRECTIONALITY_POP_DIRECTIONAL_ISOLATE -> true;
                            default -> false;
                        };
                };
    }
}
