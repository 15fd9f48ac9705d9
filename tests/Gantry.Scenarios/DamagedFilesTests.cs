using System.Diagnostics;
using System.Security.Cryptography;
using Gantry.Cli;

namespace Gantry.Scenarios;

/// <summary>A file of the data folder that a disk or a person damaged.</summary>
public sealed class DamagedFilesTests(DamagedFilesTests.UsedFolder used) : IClassFixture<DamagedFilesTests.UsedFolder>
{
    [Theory]
    [InlineData("console/console.db")]
    [InlineData("console/ca.pem")]
    [InlineData("console/ca.key")]
    [InlineData("console/server.pem")]
    [InlineData("console/server.key")]
    [InlineData("console/session.key")]
    [InlineData("gateway/engine.db")]
    [InlineData("gateway/gateway.db")]
    [InlineData("gateway/outbox.db")]
    [InlineData("gateway/gateway.json")]
    [InlineData("gateway/sealing.key")]
    [InlineData("gateway/signing.key")]
    [InlineData("lab/lab.db")]
    [InlineData("lab/port")]
    public async Task Gantry_names_the_file_and_ends_without_a_stack_trace(string file)
    {
        var damaged = Path.Combine(used.Folder, file);
        var before = await File.ReadAllBytesAsync(damaged, TestContext.Current.CancellationToken);
        try
        {
            await File.WriteAllBytesAsync(damaged, RandomNumberGenerator.GetBytes(5000), TestContext.Current.CancellationToken);

            var (code, error) = await UpAsync(used.Folder);

            Assert.Equal(ExitCode.Refused, code);
            var message = Assert.Single(error.Split('\n'), line => line.StartsWith("gantry: ", StringComparison.Ordinal));
            Assert.Contains(file, message, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        }
        finally
        {
            await File.WriteAllBytesAsync(damaged, before, TestContext.Current.CancellationToken);
        }
    }

    private static async Task<(int Code, string Error)> UpAsync(string folder)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            ArgumentList = { Path.Combine(AppContext.BaseDirectory, "gantry.dll"), "up", "--data", folder, "--port", "0" },
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var error = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await output;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, error);
    }

    /// <summary>A data folder that Gantry has run on; its databases have no open transactions.</summary>
    public sealed class UsedFolder : IAsyncLifetime
    {
        private RunningGantry? _gantry;

        public string Folder => _gantry!.Folder;

        public async ValueTask InitializeAsync()
        {
            _gantry = await RunningGantry.StartAsync();
            await _gantry.StopAsync();
        }

        public async ValueTask DisposeAsync()
        {
            if (_gantry is { } gantry)
            {
                await gantry.DisposeAsync();
            }
        }
    }
}
