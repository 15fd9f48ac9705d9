using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Cli.History;
using Gantry.Cli.Terminal;
using Gantry.Protocol;
using Gantry.Testing;

namespace Gantry.Cli.Tests.History;

public sealed class HistoryTextTests
{
    private static readonly HistoryItem[] s_items =
        JsonNode.Parse(Samples.History.Json)!["items"].Deserialize<HistoryItem[]>(ProtocolJson.Options)!;

    [Theory]
    [InlineData(null, "history.file.txt")]
    [InlineData(120, "history.wide.txt")]
    [InlineData(60, "history.narrow.txt")]
    public void The_chain_from_the_wish_to_the_result_is_a_timeline(int? width, string golden) =>
        Golden.Match(HistoryText.Of(s_items, "demo", TestHost.Clock(), new Page(width, new Ink(Colours: false))), golden);

    [Fact]
    public void Texts_from_outside_cannot_move_the_cursor()
    {
        var hostile = s_items[0] with { Request = "gone\e[2J\nfake line", Events = [] };

        Assert.StartsWith(
            "4. gone [2J fake line\n",
            HistoryText.Of([hostile], "demo", TestHost.Clock(), new Page(null, new Ink(Colours: false))),
            StringComparison.Ordinal);
    }
}
