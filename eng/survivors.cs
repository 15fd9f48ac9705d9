// Reads the report of a mutation run and prints what no test noticed, then the score.
//   dotnet run eng/survivors.cs -- artifacts/mutation/reports/mutation-report.json
using System.Text.Json;

using var report = JsonDocument.Parse(File.ReadAllBytes(args[0]));
int killed = 0,
    survived = 0;
foreach (var file in report.RootElement.GetProperty("files").EnumerateObject().OrderBy(file => file.Name, StringComparer.Ordinal))
{
    var source = file.Value.GetProperty("source").GetString()!.Split('\n');
    foreach (var mutant in file.Value.GetProperty("mutants").EnumerateArray())
    {
        switch (mutant.GetProperty("status").GetString())
        {
            case "Killed" or "Timeout":
                killed++;
                break;
            case "Survived" or "NoCoverage":
                survived++;
                var line = mutant.GetProperty("location").GetProperty("start").GetProperty("line").GetInt32();
                Console.WriteLine($"{Path.GetFileName(file.Name)}:{line}: {source[line - 1].Trim()}");
                Console.WriteLine($"    {mutant.GetProperty("replacement").GetString()!.ReplaceLineEndings(" ")}");
                break;
        }
    }
}

Console.WriteLine(
    $"{killed} of {killed + survived} mutants were noticed: {100.0 * killed / Math.Max(1, killed + survived):0.0} %"
);
