using Gantry.Clusters.Model;
using Gantry.Clusters.Planning;
using Gantry.Clusters.Steps;

namespace Gantry.Clusters.Tests.Steps;

public sealed class StepCatalogTests
{
    public static TheoryData<string> Names => [.. StepCatalog.Types.Select(type => type.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_step_declares_its_traits(string name)
    {
        var traits = StepCatalog.Of(name);
        Assert.Contains(traits.Symbol, (string[])["+", "-", "~"]);
        Assert.False(traits is { Symbol: "+", IsDisruptive: true }, "a step that adds takes nothing away");
    }

    [Fact]
    public void The_traits_of_a_step_are_found_by_its_name()
    {
        Step step = new Step.Drain(new SystemId("abc"), Force: false, "it leaves");
        Assert.Equal(
            ("-", true, TimedPhase.Drain, StepStage.Leave, (SystemId?)new SystemId("abc")),
            (step.Symbol, step.IsDisruptive, step.Traits.Phase, step.Traits.Stage, step.Target)
        );
        Assert.Same(Step.Drain.Declared, step.Traits);
    }

    [Fact]
    public void Only_steps_that_remove_something_in_use_are_disruptive() =>
        Assert.Equal(
            [
                "Cordon",
                "DeleteNode",
                "Drain",
                "MarkForReplacement",
                "PowerCycle",
                "PruneAddons",
                "Quarantine",
                "Rebootstrap",
                "Release",
                "ReleaseEndpoint",
                "RemoveEtcdMember",
            ],
            StepCatalog
                .Types.Select(type => type.Name)
                .Where(name => StepCatalog.Of(name).IsDisruptive)
                .Order(StringComparer.Ordinal)
        );

    [Fact]
    public void An_unknown_step_name_is_an_error() => Assert.Throws<KeyNotFoundException>(() => StepCatalog.Of("Reboot"));
}
