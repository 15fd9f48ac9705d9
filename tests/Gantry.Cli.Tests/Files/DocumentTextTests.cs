using System.Text.Json;
using Gantry.Api;
using Gantry.Cli.Documents;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Files;

public sealed class DocumentTextTests
{
    [Theory]
    [InlineData("plain")]
    [InlineData("")]
    [InlineData("yes")]
    [InlineData("1.10")]
    [InlineData("22.04")]
    [InlineData("0x1F")]
    [InlineData("~")]
    [InlineData("# no comment")]
    [InlineData("a: b # c")]
    [InlineData("one\ntwo\n")]
    [InlineData("one\n\n  two \nthree")]
    [InlineData("  indented\nnot\n")]
    [InlineData("\nfirst is empty\n")]
    [InlineData("tabs\there\n\tand there\n")]
    [InlineData("carriage\r\nreturn\r\n")]
    [InlineData("trailing\n\n\n")]
    [InlineData("- a list\n- or not\n")]
    [InlineData("{{ template }}")]
    [InlineData("ünïcode ✓\nsecond\n")]
    public void A_text_is_read_back_as_it_was_written(string text)
    {
        var document = new ClusterProfileDocument
        {
            ApiVersion = DocumentVersions.V1,
            Kind = DocumentKinds.ClusterProfile,
            Metadata = new DocumentMeta
            {
                Name = "p",
                Labels = new Dictionary<string, string> { ["key"] = text },
            },
            Spec = new ClusterProfileDocumentSpec { Version = "1.0.0", Packs = [new PackDocument { Name = "x", Values = text }] },
        };
        var problems = new List<DocumentProblem>();

        var written = DocumentText.Write(document);
        var read = DocumentReader.Read("x.yaml", written, problems);

        Assert.Empty(problems);
        Assert.Equal(
            JsonSerializer.Serialize(document, ApiJson.Options),
            JsonSerializer.Serialize(
                Assert.Single(read).Content.Deserialize<ClusterProfileDocument>(ApiJson.Options),
                ApiJson.Options
            )
        );
    }

    [Theory]
    [InlineData("just text", "x.yaml:1", "is no document; write apiVersion, kind (Cluster or ClusterProfile), metadata and spec")]
    [InlineData("a: 1\n---\nkind: Pod\n", "x.yaml:1: kind", "is missing; write Cluster or ClusterProfile")]
    [InlineData("a: [", "x.yaml", "is not YAML (line 2, column 1)")]
    [InlineData("kind: Pod\n", "x.yaml:1: kind", "'Pod' is not known; write Cluster or ClusterProfile")]
    [InlineData("kind: Cluster\nspec:\n- a\n", "x.yaml:3: spec", "is not a mapping; write account, profiles, kubernetes")]
    [InlineData("kind: Cluster\nspec:\n  pools: 3\n", "x.yaml:3: spec.pools", "is not a list; write each element")]
    [InlineData("kind: Cluster\nmetadata:\n  labels: [a]\n", "x.yaml:3: metadata.labels", "is not a mapping; write KEY: VALUE")]
    [InlineData("kind: Cluster\nspec:\n  account: {}\n", "x.yaml:3: spec.account", "is not one value")]
    [InlineData(
        "kind: Cluster\nspec:\n  pools:\n    - schedulable: maybe\n",
        "x.yaml:4: spec.pools[0].schedulable",
        "'maybe' is no switch; write true or false"
    )]
    [InlineData("kind: Cluster\nspec:\n  pools: &a [*a]\n", "x.yaml:3: spec.pools[0]", "is not a mapping")]
    public void What_is_no_document_is_named_with_its_line_and_what_to_write(string text, string place, string message)
    {
        var problems = new List<DocumentProblem>();

        DocumentReader.Read("x.yaml", text, problems);

        Assert.Equal(place, problems[0].Place);
        Assert.StartsWith(message, problems[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_schema_for_editors_describes_every_field()
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Ok, await host.RunAsync("schema"));

        Golden.Match(host.Out, "schema.json");
    }

    [Fact]
    public void A_difference_keeps_the_lines_that_both_texts_have() =>
        Assert.Equal(["- b", "+ x", "+ d"], LineDifference.Between("a\nb\nc\n", "a\nx\nc\nd\n"));
}
