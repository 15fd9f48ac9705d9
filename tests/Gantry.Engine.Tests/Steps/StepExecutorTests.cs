using Gantry.Clusters.Steps;
using Gantry.Engine.Steps;

namespace Gantry.Engine.Tests.Steps;

public sealed class StepExecutorTests
{
    [Fact]
    public void Every_step_has_exactly_one_executor() =>
        Assert.Equal(
            StepCatalog.Types.Select(type => type.Name).Order(StringComparer.Ordinal),
            Executors().Select(executor => executor.StepType.Name).Order(StringComparer.Ordinal)
        );

    [Fact]
    public void An_executor_is_named_after_its_step() =>
        Assert.All(Executors(), executor => Assert.Equal($"{executor.StepType.Name}Executor", executor.GetType().Name));

    [Fact]
    public void The_engine_finds_an_executor_for_every_step() =>
        Assert.Equal(StepCatalog.Types.ToHashSet(), StepExecutors.StepTypes.ToHashSet());

    private static List<IStepExecutor> Executors() =>
        [
            .. typeof(StepExecutors)
                .Assembly.GetTypes()
                .Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IStepExecutor)))
                .Select(type => (IStepExecutor)Activator.CreateInstance(type)!),
        ];
}
