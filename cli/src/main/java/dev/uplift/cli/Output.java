/* SPDX-License-Identifier: Apache-2.0 */
package dev.uplift.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.uplift.contract.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Results go to standard output, as text for people or as one JSON document per line; all else to standard error. */
public final class Output {
    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;

    Output(PrintWriter out, PrintWriter err, boolean json) {
        this.out = out;
        this.err = err;
        this.json = json;
    }

    public boolean json() {
        return json;
    }

    public void line(String text) {
        out.println(text);
        out.flush();
    }

    /** Tells what is going on; never part of a result. */
    public void note(String text) {
        err.println(text);
        err.flush();
    }

    public void json(Object value) {
        try {
            line(Json.mapper().writeValueAsString(value));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Columns as wide as their widest cell. */
    public void table(List<String> header, List<List<String>> rows) {
        List<List<String>> all = new ArrayList<>();
        all.add(header);
        all.addAll(rows);
        int[] widths = new int[header.size()];
        for (List<String> row : all) {
            for (int column = 0; column < widths.length; column++) {
                widths[column] = Math.max(widths[column], row.get(column).length());
            }
        }
        for (List<String> row : all) {
            StringBuilder line = new StringBuilder();
            for (int column = 0; column < widths.length; column++) {
                line.append(row.get(column))
                        .append(" ".repeat(widths[column] - row.get(column).length() + 2));
            }
            line(line.toString().stripTrailing());
        }
    }

    static String orDash(@Nullable Object value) {
        return value == null ? "-" : Objects.toString(value);
    }
}
