using System.Text.Json.Nodes;
using Gantry.Cli.Terminal;

namespace Gantry.Cli.Tests.Terminal;

public sealed class PrinterTests
{
    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell_and_an_empty_cell_is_a_dash() =>
        Assert.Equal(
            "NAME          STATE\ndemo          Running\na-long-name   -\n",
            new Table("NAME", "STATE").Row("demo", "Running").Row("a-long-name", null).Render()
        );

    [Fact]
    public void Yaml_keeps_numbers_flags_and_texts_apart()
    {
        var yaml = Printer.Yaml(
            JsonNode.Parse("""{"size":3,"ready":true,"version":"1.30","none":null,"pools":[{"name":"yes"}]}""")
        );

        Assert.Equal("size: 3\nready: true\nversion: \"1.30\"\nnone: \npools:\n- name: \"yes\"\n", yaml.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("15m", 900)]
    [InlineData("1h30m", 5400)]
    public void Durations_are_read_as_people_write_them(string text, int seconds)
    {
        Assert.True(Durations.TryParse(text, out var span));
        Assert.Equal(seconds, span.TotalSeconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("15")]
    [InlineData("m")]
    [InlineData("1h30")]
    [InlineData("-5m")]
    [InlineData("99999999999999s")]
    public void What_is_no_duration_is_not_read_as_one(string text) => Assert.False(Durations.TryParse(text, out _));
}
