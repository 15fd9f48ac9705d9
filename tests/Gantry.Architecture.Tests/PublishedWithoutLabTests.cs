using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Gantry.Architecture.Tests;

/// <summary>What is published for production: gateway and console, without the lab.</summary>
public sealed class PublishedWithoutLabTests(PublishedWithoutLabTests.Publication published)
    : IClassFixture<PublishedWithoutLabTests.Publication>
{
    [Fact]
    public void A_build_without_the_lab_contains_gateway_and_console_and_no_assembly_of_the_lab()
    {
        var assemblies = Directory
            .EnumerateFiles(published.Folder, "*.dll")
            .Select(file => Path.GetFileNameWithoutExtension(file))
            .ToList();

        Assert.Contains("Gantry.Gateway", assemblies);
        Assert.Contains("Gantry.Server", assemblies);
        Assert.DoesNotContain(assemblies, IsOfLab);
    }

    [Fact]
    public void The_dependencies_of_a_build_without_the_lab_name_nothing_of_the_lab()
    {
        var dependencies = JsonNode.Parse(File.ReadAllText(Path.Combine(published.Folder, "gantry.deps.json")))![
            "libraries"
        ]!.AsObject();

        Assert.Contains(dependencies, library => library.Key.StartsWith("Gantry.Gateway/", StringComparison.Ordinal));
        Assert.DoesNotContain(dependencies, library => IsOfLab(library.Key));
    }

    [Theory]
    [InlineData("gantry lab: this build of gantry has no emulated data centre", "lab", "--port", "0")]
    [InlineData("gantry simulate: this build of gantry has no emulated data centre", "simulate", "--seed", "1")]
    [InlineData(
        "gantry up: this build of gantry has no emulated data centre; give the URL of your MAAS with --maas",
        "up",
        "--port",
        "0"
    )]
    public async Task The_lab_commands_of_a_build_without_the_lab_say_that_it_has_none(string expected, params string[] arguments)
    {
        var data = Directory.CreateTempSubdirectory("gantry-without-lab-");
        try
        {
            var (exitCode, output) = await Publication.RunAsync([
                Path.Combine(published.Folder, "gantry.dll"),
                .. arguments,
                "--data",
                data.FullName,
            ]);

            Assert.Contains(expected, output, StringComparison.Ordinal);
            Assert.Equal(4, exitCode);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    private static bool IsOfLab(string name) =>
        name.StartsWith("Gantry.Lab", StringComparison.Ordinal) || name.StartsWith("Gantry.Simulator", StringComparison.Ordinal);

    /// <summary>
    /// One <c>dotnet publish -p:GantryLab=false</c>, in the configuration of this test run, for all tests of the class.
    /// </summary>
    public sealed class Publication : IAsyncLifetime
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("gantry-published-").FullName;

        public async ValueTask InitializeAsync()
        {
            // .../artifacts/bin/Gantry.Architecture.Tests/debug/
            var configuration = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            var (exitCode, output) = await RunAsync([
                "publish",
                Path.Combine(Repository.Root, "src", "Gantry"),
                "--configuration",
                configuration,
                "--output",
                Folder,
                "-p:GantryLab=false",
                "-nodeReuse:false",
                "--verbosity",
                "quiet",
                "-nologo",
            ]);
            Assert.True(exitCode is 0, output);
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return ValueTask.CompletedTask;
        }

        public static async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyList<string> arguments)
        {
            using var process = Process.Start(
                new ProcessStartInfo("dotnet", arguments)
                {
                    UseShellExecute = false,
                    RedirectStandardOutput = true,
                    RedirectStandardError = true,
                }
            )!;
            var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            return (process.ExitCode, await output + await error);
        }
    }
}
