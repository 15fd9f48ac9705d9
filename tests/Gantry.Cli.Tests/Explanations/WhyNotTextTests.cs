using Gantry.Api;
using Gantry.Cli.Explanations;
using Gantry.Cli.Terminal;
using Gantry.Clusters.Model;
using Gantry.Testing;

namespace Gantry.Cli.Tests.Explanations;

public sealed class WhyNotTextTests
{
    [Theory]
    [InlineData(null, "thousand.file.txt")]
    [InlineData(120, "thousand.wide.txt")]
    [InlineData(60, "thousand.narrow.txt")]
    public void A_thousand_machines_fit_on_one_screen(int? width, string golden)
    {
        var text = WhyNotText.Of(Samples.WhyNot, new TextLayout(width, new TextStyle(Colors: false)), all: false);

        Golden.Match(text, golden);
        Assert.True(text.Split('\n').Length < 50);
    }

    [Fact]
    public void With_colours_the_words_are_the_same()
    {
        var coloured = WhyNotText.Of(Samples.WhyNot, new TextLayout(120, new TextStyle(Colors: true)), all: false);

        Assert.Contains("\e[31m✗", coloured, StringComparison.Ordinal);
        Assert.Equal(
            WhyNotText.Of(Samples.WhyNot, new TextLayout(120, new TextStyle(Colors: false)), all: false),
            Ansi.Stripped(coloured)
        );
    }

    [Fact]
    public void All_shows_every_machine_with_its_failed_constraints()
    {
        var pool = Samples.WhyNot.Pools[0];
        var few = new WhyNotAnswer([pool with { Machines = [.. pool.Machines.Take(12)] }]);

        Golden.Match(WhyNotText.Of(few, new TextLayout(100, new TextStyle(Colors: false)), all: true), "all.txt");
    }

    [Fact]
    public void When_enough_machines_fit_no_relaxation_is_shown()
    {
        var document = new WhyNotAnswer([
            new PoolWhyNotView("worker-pool", 0, 2, [], [], []),
            new PoolWhyNotView("gpu", 3, 1, [], [], []),
        ]);

        Assert.False(WhyNotText.Fits(document));
        Golden.Match(WhyNotText.Of(document, new TextLayout(80, new TextStyle(Colors: false)), all: false), "empty.txt");
    }

    [Fact]
    public void What_blocks_beside_the_machines_is_shown_and_fits_is_not_said()
    {
        var document = new WhyNotAnswer([new PoolWhyNotView("worker-pool", 0, 2, [], [], [])])
        {
            Blockers = [new BlockerView("ImageMissing", "MAAS has no image custom/none")],
            Pending = ["1 machine for control-plane behind a."],
        };

        Assert.False(WhyNotText.Fits(document));
        var text = WhyNotText.Of(document, new TextLayout(80, new TextStyle(Colors: false)), all: false);
        Assert.Contains("ImageMissing  MAAS has no image custom/none", text, StringComparison.Ordinal);
        Assert.Contains("…  1 machine for control-plane behind a.", text, StringComparison.Ordinal);
    }
}
