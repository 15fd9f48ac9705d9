using Gantry.Engine.Ports;
using Gantry.Engine.Workloads;

namespace Gantry.Engine.Tests;

public sealed class ManifestReaderTests
{
    [Fact]
    public void Every_document_of_a_stream_and_every_item_of_a_list_is_an_object()
    {
        var read = ManifestReader.Read(
            """
            # nothing here
            ---
            kind: A
            ---
            kind: List
            items:
            - kind: B
            - kind: C
            ---
            """
        );

        Assert.Equal(["A", "B", "C"], read.Select(found => found["kind"]!.GetValue<string>()));
    }

    [Theory]
    [InlineData("0755", "493")]
    [InlineData("\"0755\"", "\"0755\"")]
    [InlineData("8", "8")]
    [InlineData("1.5", "1.5")]
    [InlineData("1.33.4", "\"1.33.4\"")]
    [InlineData("yes", "true")]
    [InlineData("'true'", "\"true\"")]
    [InlineData("~", "null")]
    [InlineData("0x1F", "31")]
    [InlineData("10.0.0.0/8", "\"10.0.0.0/8\"")]
    [InlineData("089", "89")]
    public void Unquoted_values_have_the_type_that_kubectl_gives_them(string yaml, string json) =>
        Assert.Equal($$"""{"value":{{json}}}""", Assert.Single(ManifestReader.Read($"value: {yaml}")).ToJsonString());

    [Fact]
    public void Invalid_yaml_is_refused_with_its_line()
    {
        var refusal = Assert.Throws<WorkloadException>(() => ManifestReader.Read("a: b\nc: [d\n"));

        Assert.False(refusal.Unreachable);
        Assert.Contains("line", refusal.Message, StringComparison.Ordinal);
    }
}
