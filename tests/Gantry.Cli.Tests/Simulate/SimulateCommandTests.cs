using System.Text.Json.Nodes;

namespace Gantry.Cli.Tests.Simulate;

public sealed class SimulateCommandTests
{
    private static readonly string[] Small = ["--clusters", "2", "--machines", "12", "--hours", "3", "--parallel", "1"];

    [Fact]
    public async Task Seeds_that_hold_end_with_their_number_and_exit_with_zero()
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Ok, await host.RunAsync(["simulate", "--seeds", "1..3", .. Small]));

        Assert.EndsWith("3 seeds held, 0 failed\n", host.Out, StringComparison.Ordinal);
        Assert.Empty(host.Error);
    }

    [Fact]
    public async Task A_script_gets_JSON()
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Ok, await host.RunAsync(["simulate", "--seed", "2", "-o", "json", .. Small]));

        var document = JsonNode.Parse(host.Out)!;
        Assert.Equal(1, (int)document["held"]!);
        Assert.Empty(document["failed"]!.AsArray());
    }

    [Fact]
    public async Task The_trace_of_a_seed_is_printed_beside_the_result_and_is_deterministic()
    {
        using var first = new TestHost();
        using var second = new TestHost();

        await first.RunAsync(["simulate", "--seed", "5", "--trace", .. Small]);
        await second.RunAsync(["simulate", "--seed", "5", "--trace", .. Small]);

        Assert.Contains("change", first.Error, StringComparison.Ordinal);
        Assert.Equal(first.Error, second.Error);
    }

    [Theory]
    [InlineData("gantry: --seeds '3': write the first and the last one as 1..200", "--seeds", "3")]
    [InlineData("gantry: --clusters 0: write 1 or more", "--clusters", "0")]
    [InlineData("gantry: --trace and --keep require --seed N", "--trace")]
    [InlineData("gantry: --keep: 'x' is not a number; write 3,17,21", "--seed", "1", "--keep", "x")]
    public async Task What_cannot_be_run_is_refused_with_what_to_write(string said, params string[] arguments)
    {
        using var host = new TestHost();

        Assert.Equal(ExitCode.Usage, await host.RunAsync(["simulate", .. arguments]));

        Assert.Equal(said, host.Error.Trim());
    }
}
