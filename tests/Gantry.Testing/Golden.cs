using System.Runtime.CompilerServices;
using Xunit;

namespace Gantry.Testing;

/// <summary>Compares text with a file in a <c>golden</c> folder beside the test; <c>UPDATE_GOLDEN=1</c> rewrites it.</summary>
public static class Golden
{
    public static void Match(string actual, string name, [CallerFilePath] string testFile = "")
    {
        var golden = Path.Combine(Path.GetDirectoryName(testFile)!, "golden", name);
        if (Environment.GetEnvironmentVariable("UPDATE_GOLDEN") is "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(golden)!);
            File.WriteAllText(golden, actual);
        }

        Assert.True(File.Exists(golden), $"{golden} is missing; run the test with UPDATE_GOLDEN=1 and read what it wrote");
        Assert.Equal(File.ReadAllText(golden), actual, ignoreLineEndingDifferences: true);
    }
}
