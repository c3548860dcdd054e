from featfer.utils.html import format_html_table


def test_text_is_escaped_and_nothing_is_loaded():
    table = format_html_table("a<b", {"x": "1 & 2", "<script>": "y"})
    assert table.startswith("<table><caption") and table.endswith("</table>")
    assert "a&lt;b" in table and "1 &amp; 2" in table and "&lt;script&gt;" in table
    assert "<script" not in table
