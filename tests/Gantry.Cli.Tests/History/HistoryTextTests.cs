using System.Text.Json;
using System.Text.Json.Nodes;
using Gantry.Api;
using Gantry.Cli.History;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.History;

public sealed class HistoryTextTests
{
    private static readonly HistoryItem[] Items =
    [
        .. JsonNode.Parse(Samples.History.Json)!["items"]!
            .AsArray()
            .Select(item => item.Deserialize<HistoryItem>(ApiJson.Options)!),
    ];

    private static readonly Dictionary<string, string> Names = new() { ["s00007"] = "node-07" };

    [Theory]
    [InlineData(null, "history.file.txt")]
    [InlineData(120, "history.wide.txt")]
    [InlineData(60, "history.narrow.txt")]
    public void The_chain_from_request_to_result_is_a_timeline(int? width, string golden) =>
        Golden.Match(
            HistoryText.Of(Items, "demo", Names, TestHost.Clock(), new TextLayout(width, new TextStyle(Colors: false))),
            golden
        );

    [Fact]
    public void Events_without_an_audit_are_shown_without_their_request() =>
        Assert.Equal(
            "2. the request is no longer kept\n   2026-03-02 15:00:00\n     15:00:00    step  Release  s00099  the "
                + "pool shrinks\n",
            HistoryText.Of(
                [
                    new HistoryItem
                    {
                        Generation = 2,
                        At = TestHost.Now,
                        Action = "",
                        Request = "",
                        Events =
                        [
                            new HistoryEvent(
                                TestHost.Now,
                                EventKinds.Completed,
                                EventSeverities.Info,
                                "Release",
                                "s00099",
                                "the pool shrinks"
                            ),
                        ],
                    },
                ],
                "demo",
                Names,
                TestHost.Clock(),
                new TextLayout(null, new TextStyle(Colors: false))
            )
        );

    [Fact]
    public void Texts_from_outside_cannot_move_the_cursor()
    {
        var hostile = Items[0] with { Request = "gone\e[2J\nfake line", Events = [] };

        Assert.StartsWith(
            "4. gone\uFFFD[2J fake line\n",
            HistoryText.Of([hostile], "demo", Names, TestHost.Clock(), new TextLayout(null, new TextStyle(Colors: false))),
            StringComparison.Ordinal
        );
    }
}
